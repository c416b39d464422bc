"""The page a printed code leads to: for whoever holds the paper, signed in or not.

It says what stands on the paper and whether that holds, and nothing of whom it is for: a code is
guessed by nobody, but a paper may be found by anybody.
"""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from billing.papers.queries.paper_proofs import find_proof, signed_proof
from core.clock import now
from core.errors import DomainError


@require_GET
def paper_codes(request: HttpRequest) -> HttpResponse:
    """Where a code is typed."""
    typed = request.GET.get("code", "")
    if not typed:
        return render(request, "console/papers/codes.html")
    return redirect("console:paper-proof", typed.replace("/", ""))


@require_GET
def paper_proof(request: HttpRequest, code: str) -> HttpResponse:
    """What a code leads to, and how it stands now."""
    try:
        proof = find_proof(code)
    except DomainError as problem:
        context = {"problem": problem.message, "typed": code}
        return render(request, "console/papers/codes.html", context, status=problem.status)
    return render(request, "console/papers/proof.html", {"proof": proof, "now": now()})


@require_GET
def paper_proof_file(request: HttpRequest, code: str) -> HttpResponse:
    """The same as a signed document."""
    try:
        proof = signed_proof(find_proof(code), at=now())
    except DomainError as problem:
        context = {"problem": problem.message, "typed": code}
        return render(request, "console/papers/codes.html", context, status=problem.status)
    written = json.dumps(proof, indent=2, ensure_ascii=False)
    answer = HttpResponse(written, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="proof-{proof["number"]}.json"'
    return answer
