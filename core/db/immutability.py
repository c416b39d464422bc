"""Tables that only grow: the triggers that refuse UPDATE, DELETE and TRUNCATE.

Unlike other pgtrigger triggers these do not look at pgtrigger's ignore setting, which any session
may set: only whoever owns the table, or a superuser, can switch them off. A deployment's web and
worker roles own no table.
"""

from typing import Any

import pgtrigger
from pgtrigger import compiler

APPEND_ONLY_CONSTRAINT = "append_only"

_REFUSE = f"""
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation', CONSTRAINT = '{APPEND_ONLY_CONSTRAINT}';
"""


class UnconditionalTriggerSql(compiler.UpsertTriggerSql):
    def get_template(self) -> str:
        return """
            CREATE OR REPLACE FUNCTION {pgid}()
            RETURNS TRIGGER AS $$
                BEGIN
                    {func}
                END;
            $$ LANGUAGE plpgsql;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE TRIGGER {pgid}
                {when} {operation} ON {table}
                FOR EACH {level} {condition}
                EXECUTE PROCEDURE {execute};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class AlwaysTriggerSql(compiler.UpsertTriggerSql):
    """The package's trigger without its question whether to ignore it, which costs a savepoint."""

    def get_template(self) -> str:
        return """
            CREATE OR REPLACE FUNCTION {pgid}()
            RETURNS TRIGGER AS $$
                {declare}
                BEGIN
                    {func}
                END;
            $$ LANGUAGE plpgsql;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE {constraint} TRIGGER {pgid}
                {when} {operation} ON {table}
                {timing}
                {referencing}
                FOR EACH {level} {condition}
                EXECUTE PROCEDURE {execute};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class Always(pgtrigger.Trigger):
    """A trigger that no session can ask to be ignored."""

    def compile(self, model: Any) -> compiler.Trigger:
        compiled = super().compile(model)
        return compiler.Trigger(name=compiled.name, sql=AlwaysTriggerSql(**compiled.sql.kwargs))


class Refuse(pgtrigger.Trigger):
    """Refuses an operation with an integrity error that carries a constraint name."""

    when = pgtrigger.Before
    func = _REFUSE

    def compile(self, model: Any) -> compiler.Trigger:
        return compiler.Trigger(
            name=self.name,
            sql=UnconditionalTriggerSql(
                pgid=self.get_pgid(model),
                func=self.format_sql(self.render_func(model)),
                table=model._meta.db_table,
                when=self.when,
                operation=self.operation,
                level=self.level,
                condition=self.render_condition(model),
                execute=self.render_execute(model),
            ),
        )


def no_truncate() -> Refuse:
    """What every table with rows that must stay carries: TRUNCATE asks no row trigger."""
    return Refuse(name="no_truncate", level=pgtrigger.Statement, operation=pgtrigger.Truncate)


def append_only_triggers() -> list[Any]:
    """The two triggers every append-only table carries."""
    return [
        Refuse(
            name="append_only",
            level=pgtrigger.Row,
            operation=pgtrigger.Update | pgtrigger.Delete,
        ),
        no_truncate(),
    ]
