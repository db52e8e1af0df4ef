# SPDX-License-Identifier: Apache-2.0
"""website_activity.sql in plain Python."""
from datetime import datetime, timezone

from recompute import (TEXT, Table, a_text, an_int, grouped, row_of, sessions, timestamp_text_of,
                       windows_of)

MINUTE = 60000
HOUR = 60 * MINUTE
OUTPUTS = {
    "visits": Table(TEXT, "session"),
    "pages_per_hour": Table(TEXT, "time", HOUR),
}


def compute(data):
    rows = [row for row in data.rows("website-activity", timestamp_text_of("viewed_at"),
                                     page=a_text, spent=an_int)
            if row.value is not None]
    newest, before = {}, -1
    for row in rows:
        if row.key is not None:  # a record without a key never reaches the windows
            before = max(before, row.timestamp)
        newest[id(row)] = before
    visits = []
    for user, views in grouped((row.key, row) for row in rows).items():
        for start, end, members in sessions(views, 15 * MINUTE, 10 * MINUTE,
                                            lambda row: newest[id(row)]):
            began = datetime.fromtimestamp(start // 1000, timezone.utc)
            visits.append(row_of(user, {"PAGES": len(members), **spent(members),
                                        "LONGEST": max(times(members)),
                                        "BEGAN": f"{began:%Y-%m-%d %H:%M:%S}"},
                                 window=(start, end)))
    pages = grouped(((row.value["page"], window), row) for row in rows
                    for window in windows_of(row.timestamp, HOUR)
                    if row.value["page"] != "/health")
    return {
        "visits": visits,
        "pages_per_hour": [row_of(page, {"VIEWS": len(members), **spent(members)}, window=window)
                           for (page, window), members in pages.items()],
    }


def times(rows):
    return [row.value["spent"] for row in rows if row.value["spent"] is not None]


def spent(rows):
    return {"SPENT": sum(times(rows))}
