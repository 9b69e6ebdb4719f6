"""The one table of the reference API: 82 endpoints and 14 aliases, 96 pairs of method and path.

It routes requests and makes `docs/coverage.md`. An endpoint without a handler has no engine yet: it answers as
an unknown address does. `python -m fairlead.http.snov.endpoints` prints the page.
"""

from dataclasses import dataclass
from typing import TypeAlias

from fairlead.http.snov import (
    account,
    campaign_contents,
    campaigns,
    database_search,
    do_not_email,
    domain_search,
    email_finder,
    email_verifier,
    enrichment,
    prospects,
    recipients,
    sender_accounts,
    webhooks,
)
from fairlead.http.snov.dialect import Handler


@dataclass(frozen=True)
class Token:
    """The one endpoint that is asked without a token."""


Answerer: TypeAlias = Handler | Token
TOKEN = Token()


@dataclass(frozen=True)
class Endpoint:
    number: str
    """As in the reference: 1 to 82, A1 to A14 for other forms of the same."""
    method: str
    path: str
    subject: str
    handler: Answerer | None = None
    missing: str = ""
    """What a live endpoint cannot say yet, and the engine it waits for."""

    @property
    def methods(self) -> frozenset[str]:
        """Reading methods of version 1 also answer POST, because a published client sends nothing else."""
        if self.method == "GET" and self.path.startswith("/v1/"):
            return frozenset({"GET", "POST"})
        return frozenset({self.method})


ENDPOINTS = (
    Endpoint("1", "POST", "/v1/oauth/access_token", "Authentication", TOKEN),
    Endpoint("2", "POST", "/v2/domain-search/start", "Domain search", domain_search.start_domain_search),
    Endpoint("3", "GET", "/v2/domain-search/result/{task_hash}", "Domain search", domain_search.domain_search_result),
    Endpoint("4", "POST", "/v2/domain-search/prospects/start", "Domain search", domain_search.start_prospects),
    Endpoint(
        "5",
        "GET",
        "/v2/domain-search/prospects/result/{task_hash}",
        "Domain search",
        domain_search.prospects_result,
    ),
    Endpoint(
        "6",
        "POST",
        "/v2/domain-search/prospects/search-emails/start/{prospect_hash}",
        "Domain search",
        domain_search.start_search_emails,
    ),
    Endpoint(
        "7",
        "GET",
        "/v2/domain-search/prospects/search-emails/result/{task_hash}",
        "Domain search",
        domain_search.search_emails_result,
    ),
    Endpoint("8", "POST", "/v2/domain-search/domain-emails/start", "Domain search", domain_search.start_domain_emails),
    Endpoint(
        "9",
        "GET",
        "/v2/domain-search/domain-emails/result/{task_hash}",
        "Domain search",
        domain_search.domain_emails_result,
    ),
    Endpoint(
        "10",
        "POST",
        "/v2/domain-search/generic-contacts/start",
        "Domain search",
        domain_search.start_generic_contacts,
    ),
    Endpoint(
        "11",
        "GET",
        "/v2/domain-search/generic-contacts/result/{task_hash}",
        "Domain search",
        domain_search.generic_contacts_result,
    ),
    Endpoint("12", "POST", "/v2/database-search/prospects/start", "Database search", database_search.start_people),
    Endpoint(
        "13",
        "GET",
        "/v2/database-search/prospects/result/{task_hash}",
        "Database search",
        database_search.people_result,
    ),
    Endpoint(
        "14",
        "POST",
        "/v2/database-search/prospects/search-emails/start/{task_hash}",
        "Database search",
        domain_search.start_reveal,
    ),
    Endpoint(
        "15",
        "GET",
        "/v2/database-search/prospects/search-emails/result/{task_hash}",
        "Database search",
        domain_search.reveal_result,
    ),
    Endpoint("16", "POST", "/v2/database-search/companies/start", "Database search", database_search.start_companies),
    Endpoint(
        "17",
        "GET",
        "/v2/database-search/companies/result/{task_hash}",
        "Database search",
        database_search.companies_result,
    ),
    Endpoint("18", "POST", "/v1/get-domain-emails-count", "Email finder", domain_search.domain_emails_count),
    Endpoint("19", "POST", "/v2/emails-by-domain-by-name/start", "Email finder", email_finder.start_emails_by_name),
    Endpoint("20", "GET", "/v2/emails-by-domain-by-name/result", "Email finder", email_finder.emails_by_name_result),
    Endpoint("21", "POST", "/v2/company-domain-by-name/start", "Email finder", email_finder.start_domains_by_name),
    Endpoint("22", "GET", "/v2/company-domain-by-name/result", "Email finder", email_finder.domains_by_name_result),
    Endpoint("23", "POST", "/v2/li-profiles-by-urls/start", "Enrichment", enrichment.start_profiles_by_link),
    Endpoint("24", "GET", "/v2/li-profiles-by-urls/result", "Enrichment", enrichment.profiles_by_link_result),
    Endpoint("25", "POST", "/v1/get-profile-by-email", "Enrichment", enrichment.profile_by_email),
    Endpoint("26", "POST", "/v2/email-verification/start", "Email verifier", email_verifier.start_verification),
    Endpoint("27", "GET", "/v2/email-verification/result", "Email verifier", email_verifier.verification_result),
    Endpoint("28", "POST", "/v2/sender-accounts/emails", "Sender accounts", sender_accounts.add_account),
    Endpoint("29", "GET", "/v2/sender-accounts/emails", "Sender accounts", sender_accounts.accounts),
    Endpoint("30", "PATCH", "/v2/sender-accounts/emails/{id}", "Sender accounts", sender_accounts.change_account),
    Endpoint("31", "GET", "/v2/sender-accounts/check-sender-status", "Sender accounts", sender_accounts.account_status),
    Endpoint("32", "POST", "/v2/warm-up", "Warm-up"),
    Endpoint("33", "GET", "/v2/warm-up", "Warm-up"),
    Endpoint("34", "GET", "/v2/warm-up/{id}", "Warm-up"),
    Endpoint("35", "PATCH", "/v2/warm-up/{id}", "Warm-up"),
    Endpoint("36", "DELETE", "/v2/warm-up/{id}", "Warm-up"),
    Endpoint("37", "GET", "/v2/warm-up/statistics/{id}", "Warm-up"),
    Endpoint("38", "GET", "/v1/get-user-campaigns", "Campaigns", campaigns.user_campaigns),
    Endpoint("39", "POST", "/v2/campaigns/create", "Campaigns", campaigns.create),
    Endpoint("40", "GET", "/v2/campaigns/{id}", "Campaigns", campaigns.show),
    Endpoint("41", "PATCH", "/v2/campaigns/{id}", "Campaigns", campaigns.change),
    Endpoint("42", "DELETE", "/v2/campaigns/{id}", "Campaigns", campaigns.delete),
    Endpoint("43", "POST", "/v2/campaigns/{id}/action", "Campaigns", campaigns.act),
    Endpoint("44", "GET", "/v2/campaigns/schedules", "Campaigns", campaigns.schedules),
    Endpoint(
        "45",
        "POST",
        "/v2/campaigns/{id}/steps/{step_id}/content/create",
        "Campaign content",
        campaign_contents.create,
    ),
    Endpoint(
        "46",
        "GET",
        "/v2/campaigns/{id}/steps/{step_id}/content/{content_id}",
        "Campaign content",
        campaign_contents.show,
    ),
    Endpoint(
        "47",
        "PATCH",
        "/v2/campaigns/{id}/steps/{step_id}/content/{content_id}",
        "Campaign content",
        campaign_contents.change,
    ),
    Endpoint(
        "48",
        "DELETE",
        "/v2/campaigns/{id}/steps/{step_id}/content/{content_id}",
        "Campaign content",
        campaign_contents.delete,
    ),
    Endpoint("49", "GET", "/v2/campaigns/{id}/recipient", "Recipients", recipients.campaign_recipients),
    Endpoint("50", "POST", "/v1/change-recipient-status", "Recipients", recipients.change_recipient_status),
    Endpoint("51", "GET", "/v1/prospect-finished", "Recipients"),
    Endpoint("52", "POST", "/v1/do-not-email-list", "Do-not-email", do_not_email.add_to_do_not_email_list),
    Endpoint("53", "GET", "/v2/blacklists", "Do-not-email", do_not_email.do_not_email_lists),
    Endpoint("54", "GET", "/v2/statistics/campaign-analytics", "Analytics"),
    Endpoint("55", "GET", "/v2/campaigns/{id}/progress", "Analytics"),
    Endpoint("56", "GET", "/v2/campaigns/{id}/recipients-activity", "Analytics"),
    Endpoint("57", "GET", "/v2/campaigns/{id}/all-replies", "Analytics"),
    Endpoint("58", "GET", "/v1/emails-sent", "Analytics", recipients.emails_sent),
    Endpoint("59", "GET", "/v1/get-emails-opened", "Analytics"),
    Endpoint("60", "GET", "/v1/get-emails-clicked", "Analytics"),
    Endpoint("61", "GET", "/v1/get-emails-replies", "Analytics"),
    Endpoint(
        "62",
        "POST",
        "/v1/add-prospect-to-list",
        "Prospects",
        prospects.add_prospect_to_list,
    ),
    Endpoint(
        "63",
        "POST",
        "/v1/get-prospect-by-id",
        "Prospects",
        prospects.get_prospect_by_id,
    ),
    Endpoint(
        "64",
        "POST",
        "/v1/get-prospects-by-email",
        "Prospects",
        prospects.get_prospects_by_email,
    ),
    Endpoint("65", "GET", "/v1/prospect-custom-fields", "Prospects", prospects.prospect_custom_fields),
    Endpoint("66", "GET", "/v1/get-user-lists", "Prospects", prospects.get_user_lists),
    Endpoint("67", "POST", "/v1/prospect-list", "Prospects", prospects.prospect_list),
    Endpoint("68", "POST", "/v1/lists", "Prospects", prospects.create_list),
    Endpoint("69", "GET", "/v2/pipelines", "CRM"),
    Endpoint("70", "GET", "/v2/pipelines/{id}/stages", "CRM"),
    Endpoint(
        "71",
        "GET",
        "/v1/get-balance",
        "Account",
        account.get_balance,
    ),
    Endpoint("72", "GET", "/v2/webhooks", "Webhooks", webhooks.list_webhooks),
    Endpoint("73", "POST", "/v2/webhooks", "Webhooks", webhooks.create_webhook),
    Endpoint("74", "PUT", "/v2/webhooks/{id}", "Webhooks", webhooks.change_webhook),
    Endpoint("75", "DELETE", "/v2/webhooks/{id}", "Webhooks", webhooks.delete_webhook),
    Endpoint("76", "GET", "/v2/domain-emails-with-info", "Domain search (old)", domain_search.domain_emails_with_info),
    Endpoint("77", "POST", "/v1/get-emails-from-names", "Email finder (old)", email_finder.emails_from_names),
    Endpoint("78", "POST", "/v1/add-names-to-find-emails", "Email finder (old)", email_finder.add_names_to_find_emails),
    Endpoint("79", "POST", "/v1/add-url-for-search", "Enrichment (old)", enrichment.add_url_for_search),
    Endpoint("80", "POST", "/v1/get-emails-from-url", "Enrichment (old)", enrichment.emails_from_url),
    Endpoint(
        "81",
        "POST",
        "/v1/get-emails-verification-status",
        "Email verifier (old)",
        email_verifier.emails_verification_status,
    ),
    Endpoint(
        "82",
        "POST",
        "/v1/add-emails-to-verification",
        "Email verifier (old)",
        email_verifier.add_emails_to_verification,
    ),
    Endpoint("A1", "POST", "/v2/campaigns", "as 39", campaigns.create),
    Endpoint("A2", "POST", "/v2/campaigns/{id}/state", "as 43", campaigns.act),
    Endpoint("A3", "GET", "/v2/warm-up/{id}/daily-statistics", "as 37"),
    Endpoint("A4", "GET", "/v1/get-profile-by-email", "as 25", enrichment.profile_by_email),
    Endpoint("A5", "GET", "/v2/campaigns/{id}/replies", "as 57"),
    Endpoint("A6", "GET", "/v2/campaigns/{id}/opens", "as 59"),
    Endpoint("A7", "GET", "/v2/campaigns/{id}/clicks", "as 60"),
    Endpoint("A8", "GET", "/v2/campaigns/{id}/emails-sent", "as 58", recipients.campaign_emails_sent),
    Endpoint("A9", "GET", "/v2/campaigns", "as 38", campaigns.campaign_list),
    Endpoint(
        "A10", "GET", "/v2/emails-by-domain-by-name/result/{task_hash}", "as 20", email_finder.emails_by_name_result
    ),
    Endpoint(
        "A11", "GET", "/v2/company-domain-by-name/result/{task_hash}", "as 22", email_finder.domains_by_name_result
    ),
    Endpoint("A12", "GET", "/v2/li-profiles-by-urls/result/{task_hash}", "as 24", enrichment.profiles_by_link_result),
    Endpoint("A13", "GET", "/v2/email-verification/result/{task_hash}", "as 27", email_verifier.verification_result),
    Endpoint("A14", "GET", "/v1/oauth/access_token", "as 1", TOKEN),
)


def coverage_page() -> str:
    """The text of docs/coverage.md."""
    live = [endpoint for endpoint in ENDPOINTS if endpoint.handler is not None]
    lines = [
        "# Coverage of the Snov.io API",
        "",
        "Made from `src/fairlead/http/snov/endpoints.py` by `make docs`. An endpoint that is not live answers 404",
        "as an unknown address does; it never carries invented data.",
        "",
        f"Live: {len(live)} of {len(ENDPOINTS)} pairs of method and path.",
        "",
        "| # | Method | Path | Subject | Live | Still missing |",
        "|---|---|---|---|---|---|",
    ]
    for item in ENDPOINTS:
        state = "yes" if item.handler is not None else "no"
        lines.append(f"| {item.number} | {item.method} | `{item.path}` | {item.subject} | {state} | {item.missing} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(coverage_page(), end="")
