"""From rows to drafts: what an account's period comes to, before anything of it is stored.

`snapshots` reads the rows (`calendar`, `tenures`, `customers`, `pricebook` and `segments` are its
parts), `charging` and `splits` pair quantities with prices, `rated` has them rated and makes the
`drafts`; `late` does the same for what an issued invoice was short of, by the `differences` to what
was `settled`.
`assumptions` are what a simulation holds to be otherwise.
"""
