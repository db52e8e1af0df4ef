# SPDX-License-Identifier: Apache-2.0
"""portfolio.sql in plain Python."""
from decimal import Decimal

from recompute import JSON, TEXT, Stream, Table, a_decimal, as_it_is, row_of

OUTPUTS = {
    "priced_holdings": Stream(TEXT),
    "positions": Table(JSON),
    "account_value": Table(JSON),
}


def compute(data):
    prices = data.rows("prices", price=a_decimal(2))
    holdings = data.rows("holdings", holders=as_it_is)
    # Times are unique: the order of the two topics is that of time.
    events = sorted([(row.timestamp, "price", row) for row in prices]
                    + [(row.timestamp, "holding", row) for row in holdings])
    held, priced, positions = {}, [], {}
    for at, what, row in events:
        if row.key is None:
            continue
        if what == "holding":
            held[row.key] = None if row.value is None else row.value["holders"]
            continue
        for holder in held.get(row.key) or []:
            account, shares, price = holder["account"], holder["shares"], row.value["price"]
            priced.append(row_of(row.key, {"PRICE": price, "HELD": {"ACCOUNT": account,
                                                                    "SHARES": shares}}, at))
            positions[account, row.key] = {"SHARES": shares, "VALUE": shares * price}
    accounts = {}
    for (account, _), position in positions.items():
        value, count = accounts.get(account, (Decimal(0), 0))
        accounts[account] = (value + position["VALUE"], count + 1)
    return {
        "priced_holdings": priced,
        "positions": [row_of({"ACCOUNT": account, "SYMBOL": symbol}, position)
                      for (account, symbol), position in positions.items()],
        "account_value": [row_of(account, {"VALUE": value, "POSITIONS": count})
                          for account, (value, count) in accounts.items()],
    }
