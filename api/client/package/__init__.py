"""A client of Counterfoil's API: the standard library alone, typed, and nothing kept from answers.

    from counterfoil_client import Client

    client = Client("https://billing.example.com", "client-id", "client-secret")
    for invoice in client.pages(client.invoices_list, state="issued"):
        print(invoice["number"], invoice["total"]["decimal"])

An answer is the JSON as it came: a field or a value that this client has never heard of is kept.
"""
