"""How the OpenAPI document is made."""

SPECTACULAR_SETTINGS = {
    "TITLE": "Counterfoil",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    # Accounts and invoices both have a kind and a state.
    "ENUM_NAME_OVERRIDES": {
        "AccountKind": "accounts.models.Account.Kind",
        "ResourceKind": "accounts.models.Resource.Kind",
        "DeliveryOutcome": "eventing.models.WebhookDelivery.Outcome",
        "DeliveryState": "eventing.models.WebhookDelivery.State",
        "EndpointState": "eventing.models.WebhookEndpoint.State",
        "CreditReason": "billing.invoicing.models.CreditNote.Reason",
        "DisputeReason": "billing.disputes.reason_codes.CODES",
        "InvoiceKind": "billing.invoicing.models.Invoice.Kind",
        "InvoiceState": "billing.invoicing.models.Invoice.State",
    },
    "PREPROCESSING_HOOKS": ["api.schema.add_event_list"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "api.schema.add_ingest",
        "api.schema.add_problem",
    ],
}
