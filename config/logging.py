"""What log lines look like: one JSON object each for machines, coloured text for people."""

import sys
from typing import Any

import structlog

_OURS = frozenset(
    "accounts api approvals audit billing config console core duty eventing usage".split()  # noqa: SIM905  a list to read
)
_add_extra = structlog.stdlib.ExtraAdder()


def _add_facts(
    logger: Any, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """What a line of ours says besides its name; what others hang on theirs are whole requests."""
    record = event["_record"]
    is_ours = record.name.partition(".")[0] in _OURS
    return _add_extra(logger, method, event) if is_ours else event


def logging_config(*, level: str, as_json: bool) -> dict[str, Any]:
    """The dictConfig for every process: structlog's renderer also formats the standard loggers."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if as_json
        # The pretty tracebacks print local variables, and take half a second to do it.
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structlog": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*shared, _add_facts],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *renderer,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structlog"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {"django": {"level": level}},
    }
