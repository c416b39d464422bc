"""Which accounts a partner may read or report is told by the partner's history, as its fields are."""

from typing import ClassVar

from django.db import migrations

_MADE = """
CREATE FUNCTION accounts_partner_accounts_are_told() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    partner bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.partner_id ELSE NEW.partner_id END;
    told bigint[];
    present bigint[];
BEGIN
    EXECUTE format('SELECT array_agg(account_id ORDER BY account_id) FROM %I'
        ' WHERE partner_id = $1', TG_TABLE_NAME) INTO present USING partner;
    EXECUTE format('SELECT array_agg(account_id ORDER BY account_id) FROM %I'
        ' WHERE history_id = (SELECT max(history_id) FROM accounts_historicalpartner'
        ' WHERE id = $1)', replace(TG_TABLE_NAME, 'accounts_partner', 'accounts_historicalpartner'))
        INTO told USING partner;
    IF told IS DISTINCT FROM present THEN
        RAISE EXCEPTION 'a row of % was changed and no history says by whom and why', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'history_is_complete';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER accounts_readable_accounts_are_told
    AFTER INSERT OR UPDATE OR DELETE ON accounts_partner_readable_accounts
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION accounts_partner_accounts_are_told();
CREATE CONSTRAINT TRIGGER accounts_reportable_accounts_are_told
    AFTER INSERT OR UPDATE OR DELETE ON accounts_partner_reportable_accounts
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION accounts_partner_accounts_are_told();
"""
_UNMADE = """
DROP TRIGGER accounts_readable_accounts_are_told ON accounts_partner_readable_accounts;
DROP TRIGGER accounts_reportable_accounts_are_told ON accounts_partner_reportable_accounts;
DROP FUNCTION accounts_partner_accounts_are_told();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("accounts", "0006_history_guard")]
    operations: ClassVar = [migrations.RunSQL(_MADE, _UNMADE)]
