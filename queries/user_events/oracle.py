# SPDX-License-Identifier: Apache-2.0
"""user_events.sql in plain Python."""
from recompute import (JSON, NO_KEY, Stream, Table, a_text, an_int, grouped, latest, row_of,
                       timestamp_of)

OUTPUTS = {
    "click_events": Stream(NO_KEY),
    "user_click_counts": Table(JSON),
    "enriched_events": Stream(JSON),
}


def compute(data):
    events = [row for row in data.rows("user-events", timestamp_of("timestamp"), user_id=an_int,
                                       action=a_text)
              if row.value is not None]
    users = latest(data.rows("users", key=int, name=a_text, email=a_text))
    clicks = [row for row in events if row.value["action"] == "click"]
    unknown = {"name": None, "email": None}
    enriched = []
    for row in events:
        user = users.get(row.value["user_id"], unknown)
        email = user["email"]
        enriched.append(row_of(
            row.value["user_id"],
            {"ACTION": row.value["action"], "TIMESTAMP": row.timestamp, "NAME": user["name"],
             "EMAIL": None if email is None else email.lower()}, row.timestamp))
    return {
        "click_events": [row_of(None, {"USER_ID": row.value["user_id"], "ACTION": "click",
                                       "TIMESTAMP": row.timestamp}, row.timestamp)
                         for row in clicks],
        "user_click_counts": [
            row_of(user, {"CLICKS": len(rows), "LAST_CLICK": max(r.timestamp for r in rows)})
            for user, rows in grouped((row.value["user_id"], row) for row in clicks).items()],
        "enriched_events": enriched,
    }
