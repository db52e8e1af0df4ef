# SPDX-License-Identifier: Apache-2.0
"""clicks.sql in plain Python."""
from recompute import (JSON, NO_KEY, Stream, Table, a_decimal, a_text, an_int, grouped, latest,
                       row_of, sessions, timestamp_of, windows_of)

MINUTE = 60000
OUTPUTS = {
    "mobile_clicks": Stream(NO_KEY),
    "clicks_per_campaign": Table(JSON, "time", MINUTE),
    "clicks_by_country": Table(JSON),
    "clicks_by_browser": Table(JSON),
    "enriched_clicks": Stream(JSON),
    "click_rate": Table(JSON, "time", MINUTE),
    "ip_sessions": Table(JSON, "session"),
}


def compute(data):
    def clicks(**columns):
        return [row for row in data.rows("clicks", timestamp_of("timestamp"), **columns)
                if row.value is not None]

    campaigns = latest(data.rows("campaigns", key=int, name=a_text, budget=a_decimal(2)))
    return {
        "mobile_clicks": mobile(clicks(uuid=a_text, campaignId=an_int, country=a_text,
                                       platform=a_text)),
        "clicks_per_campaign": per_campaign(clicks(campaignId=an_int, city=a_text)),
        "clicks_by_country": by_country(clicks(country=a_text)),
        "clicks_by_browser": by_browser(clicks(browser=a_text, platform=a_text)),
        "enriched_clicks": enriched(clicks(campaignId=an_int, uuid=a_text), campaigns),
        "click_rate": rate(clicks(pubId=an_int)),
        "ip_sessions": by_ip(clicks(ip=a_text)),
    }


def mobile(rows):
    return [row_of(None, {"UUID": v["uuid"], "CAMPAIGNID": v["campaignId"],
                          "COUNTRY": v["country"], "PLATFORM": v["platform"].upper()},
                   row.timestamp)
            for row in rows for v in [row.value]
            if v["platform"] in ("Android", "iOS") and v["country"] is not None]


def per_campaign(rows):
    groups = grouped(((row.value["campaignId"], window), row)
                     for row in rows for window in windows_of(row.timestamp, MINUTE)
                     if row.value["campaignId"] is not None)
    return [row_of(campaign, {"CLICKS": len(rows),
                              "LOCATED": sum(row.value["city"] is not None for row in rows)},
                   window=window)
            for (campaign, window), rows in groups.items()]


def by_country(rows):
    groups = grouped((row.value["country"], row) for row in rows)
    return [row_of(country, {"CLICKS": len(rows), "LAST_CLICK": max(r.timestamp for r in rows)})
            for country, rows in groups.items()]


def by_browser(rows):
    groups = grouped(((row.value["browser"], row.value["platform"]), row) for row in rows)
    return [row_of({"BROWSER": browser, "PLATFORM": platform}, {"CLICKS": len(rows)})
            for (browser, platform), rows in groups.items()]


def enriched(rows, campaigns):
    unknown = {"name": None, "budget": None}
    return [row_of(row.value["campaignId"],
                   {"UUID": row.value["uuid"], "CAMPAIGN": campaign["name"],
                    "BUDGET": campaign["budget"]}, row.timestamp)
            for row in rows for campaign in [campaigns.get(row.value["campaignId"], unknown)]]


def rate(rows):
    groups = grouped(((row.value["pubId"], window), row)
                     for row in rows for window in windows_of(row.timestamp, MINUTE, 10000))
    return [row_of(publisher, {"CLICKS": len(rows), "PER_SECOND": float(len(rows)) / 60},
                   window=window)
            for (publisher, window), rows in groups.items()]


def by_ip(rows):
    gap = 5 * MINUTE
    return [row_of(ip, {"CLICKS": len(members), "LASTED_S": (end - start) // 1000},
                   window=(start, end))
            for ip, rows in grouped((row.value["ip"], row) for row in rows).items()
            for start, end, members in sessions(rows, gap, 24 * 60 * MINUTE - gap)]
