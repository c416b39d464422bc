"""Events of webhook endpoints."""

from eventing.catalogue.shapes import PublishedType, id_of, in_house, maybe, number, text

STEPS = {
    "created": "An endpoint was added.",
    "changed": "An endpoint has another address, or wants other types.",
    "secret_rotated": "An endpoint is signed with another secret.",
    "secret_ended": "A secret that was replaced ended early.",
    "disabled": "Nothing is sent to an endpoint any more; what happens is held.",
    "enabled": "Events are sent to an endpoint again.",
    "deleted": "An endpoint is gone.",
}

AGAIN = {
    "replayed": "Events were sent to an endpoint again.",
    "recovered": "An endpoint is sent what it did not get.",
    "expunged": "What was said in a delivery is not kept any more.",
}

SENDING: tuple[PublishedType, ...] = (
    *(
        in_house(
            f"webhook_endpoint.{step}",
            says,
            "whe",
            partner=maybe(id_of("par")),
            url=text("https://hooks.example.com/counterfoil"),
        )
        for step, says in STEPS.items()
    ),
    *(
        in_house(
            f"webhook_delivery.{done}",
            says,
            "whe",
            count=number(28),
            by=text("Olga"),
            reason=text("Their receiver works again"),
        )
        for done, says in AGAIN.items()
    ),
)
