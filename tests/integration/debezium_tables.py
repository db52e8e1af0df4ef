# SPDX-License-Identifier: Apache-2.0
"""The tables of the recorded change events (test_debezium_replay.py): how Weir declares them, and
what they hold in the end.

The rows are what the database held when the recording ended, as SQL says it, written by hand; not
taken from the events. Where events cannot say what the database has, the difference has a comment.
"""
import base64

# Large values of big_values, which the database did not send again when another column changed.
BIG = {"C_TEXT": "t" * 2100, "C_BYTEA": base64.b64encode(b"\xab" * 2100).decode(),
       "C_JSONB": '"' + "j" * 2100 + '"', "C_TEXT_ARR": ["a" * 2100],
       "C_INT_ARR": list(range(1, 601))}

# topic -> (key columns, value columns, rows)
TABLES = {
    "orders": ("id INT", "customer_id INT, item STRING, amount DECIMAL(10, 2), qty INT, "
               "note STRING, placed TIMESTAMP, paid BOOLEAN", [
        {"ID": 1, "CUSTOMER_ID": 7, "ITEM": "kettle", "AMOUNT": "13.34", "QTY": 1, "NOTE": None,
         "PLACED": "2026-01-01T12:00:00.000", "PAID": True},
        {"ID": 2, "CUSTOMER_ID": 8, "ITEM": "lamp", "AMOUNT": "0.05", "QTY": 3, "NOTE": None,
         "PLACED": "2026-01-01T12:30:00.123", "PAID": False},
        {"ID": 5, "CUSTOMER_ID": 8, "ITEM": "desk again", "AMOUNT": "2.20", "QTY": 1, "NOTE": "b",
         "PLACED": "2026-04-02T00:00:01.000", "PAID": None},
        # Its key was 4: a deletion and a new row.
        {"ID": 40, "CUSTOMER_ID": 9, "ITEM": "chair", "AMOUNT": "45.00", "QTY": 1, "NOTE": None,
         "PLACED": "2026-04-01T08:00:00.000", "PAID": True}]),
    "customers": ("id BIGINT", "name STRING, tags ARRAY<STRING>, profile STRING, vip BOOLEAN", [
        {"ID": 7, "NAME": "Ada Example", "TAGS": ["new", "a,b", None],
         "PROFILE": '{"a": [2], "b": 1.0}', "VIP": True},
        # The column came later, with a default: rows that did not change were not sent again.
        {"ID": 8, "NAME": None, "TAGS": [], "PROFILE": None, "VIP": None},
        {"ID": 10, "NAME": "After Alter", "TAGS": None, "PROFILE": None, "VIP": False},
        {"ID": 9007199254740993, "NAME": "Big Id", "TAGS": None, "PROFILE": '"x"', "VIP": None}]),
    "order_lines": ("order_id INT, line_no INT", "sku STRING, price DECIMAL(8, 3)", [
        {"ORDER_ID": 2, "LINE_NO": 1, "SKU": "LM-9", "PRICE": "0.017"},
        {"ORDER_ID": 2, "LINE_NO": 3, "SKU": "LM-8", "PRICE": "1000.000"}]),
    "stock": ("sku STRING", "qty INT, place STRING", [
        {"SKU": "KT-2", "QTY": 4, "PLACE": "shelf 1"}]),
    "documents": ("id INT", "title STRING, body STRING", [
        {"ID": 2, "TITLE": "short, new title", "BODY": "hello"}]),
    # It was emptied in between, which the connector does not say by itself (skipped.operations).
    "empty_one": ("id INT", "v STRING", [{"ID": 1, "V": "x"}, {"ID": 2, "V": "end marker"}]),
    "one_row": ("id INT", "v STRING", [{"ID": 1, "V": "alone"}]),
    "Odd_Table": ("`Id` INT", "`Full Name` STRING, `select` INT, `päris` STRING", []),
    "big_values": ("id INT", "n INT, c_text STRING, c_bytea BYTES, c_jsonb STRING, "
                   "c_text_arr ARRAY<STRING>, c_int_arr ARRAY<INT>", [{"ID": 1, "N": 2, **BIG}]),
    # Partitioned: the parent has only what the snapshot found; changes come from the partitions.
    "sales": ("id INT, region STRING", "amount DECIMAL(8, 2)", [
        {"ID": 1, "REGION": "eu", "AMOUNT": "1.00"}, {"ID": 2, "REGION": "us", "AMOUNT": "2.50"}]),
    "sales_eu": ("id INT, region STRING", "amount DECIMAL(8, 2)", [
        {"ID": 1, "REGION": "eu", "AMOUNT": "1.00"}]),
    "sales_us": ("id INT, region STRING", "amount DECIMAL(8, 2)", [
        {"ID": 2, "REGION": "us", "AMOUNT": "2.50"}, {"ID": 3, "REGION": "us", "AMOUNT": "3.00"}]),
    # total is generated: the snapshot has it, changes have not.
    "computed": ("id INT", "price DECIMAL(6, 2), qty INT, total DECIMAL(8, 2), made TIMESTAMP", [
        {"ID": 2, "PRICE": "0.99", "QTY": 10, "TOTAL": None, "MADE": "2026-01-02T00:00:00.000"}]),
}

ALL_TYPES = {
    "c_bool": "BOOLEAN", "c_int2": "INT", "c_int4": "INT", "c_int8": "BIGINT", "c_real": "DOUBLE",
    "c_double": "DOUBLE", "c_num": "DECIMAL(20, 4)", "c_num_10_2": "DECIMAL(10, 2)",
    "c_num_20_0": "DECIMAL(20, 0)", "c_num_38_9": "DECIMAL(38, 9)", "c_money": "DECIMAL(19, 2)",
    "c_char": "STRING", "c_varchar": "STRING", "c_text": "STRING", "c_name": "STRING",
    "c_bytea": "BYTES", "c_bit1": "BOOLEAN", "c_bit8": "BYTES", "c_varbit": "BYTES",
    "c_uuid": "STRING", "c_json": "STRING", "c_jsonb": "STRING", "c_xml": "STRING",
    "c_date": "DATE", "c_time": "TIME", "c_time0": "TIME", "c_time3": "TIME", "c_timetz": "TIME",
    "c_ts": "TIMESTAMP", "c_ts0": "TIMESTAMP", "c_ts3": "TIMESTAMP", "c_tstz": "STRING",
    "c_tstz0": "TIMESTAMP", "c_tstz3": "TIMESTAMP", "c_interval": "BIGINT",
    "c_text_arr": "ARRAY<STRING>", "c_int_arr": "ARRAY<INT>",
    "c_num_arr": "ARRAY<DECIMAL(6, 2)>", "c_date_arr": "ARRAY<DATE>",
    "c_tstz_arr": "ARRAY<TIMESTAMP>", "c_uuid_arr": "ARRAY<STRING>", "c_int_arr2": "ARRAY<INT>",
    "c_inet": "STRING", "c_cidr": "STRING", "c_mac": "STRING",
    "c_point": "STRUCT<x DOUBLE, y DOUBLE, wkb BYTES, srid INT>", "c_enum": "STRING",
    "c_enum_arr": "ARRAY<STRING>", "c_int4range": "STRING", "c_tstzrange": "STRING",
    "c_daterange": "STRING", "c_oid": "BIGINT", "c_text3": "STRING", "c_tsvector": "STRING",
}

FULL_ROW = {
    "C_BOOL": True, "C_INT2": -32768, "C_INT4": 2147483647, "C_INT8": 9007199254740993,
    "C_REAL": "1.1", "C_DOUBLE": "0.1", "C_NUM": "123.4500", "C_NUM_10_2": "12.34",
    "C_NUM_20_0": 12345678901234567890, "C_NUM_38_9": "-0.000000001", "C_MONEY": "1234.56",
    "C_CHAR": "ab   ", "C_VARCHAR": "abc", "C_TEXT": 'text with "quotes", comma and\nnewline',
    "C_NAME": "a_name", "C_BYTEA": "AP8Q", "C_BIT1": True, "C_BIT8": "pQ==", "C_VARBIT": "BQ==",
    "C_UUID": "123e4567-e89b-12d3-a456-426614174000",
    "C_JSON": '{"b":1.0, "a":[1,  2],"b":2}', "C_JSONB": '{"a": [1, 2], "b": 2}',
    "C_XML": '<a b="1">t</a>', "C_DATE": "2026-02-28", "C_TIME": "23:59:59.999",
    "C_TIME0": "12:34:57", "C_TIME3": "12:34:56.790", "C_TIMETZ": "10:34:56.789",
    "C_TS": "2026-02-28T23:59:59.999", "C_TS0": "2026-03-01T00:00:00.000",
    "C_TS3": "2026-02-28T23:59:59.124", "C_TSTZ": "2026-02-28T21:59:59.999999Z",
    "C_TSTZ0": "2026-02-28T21:59:59.000", "C_TSTZ3": "2026-02-28T21:59:59.124",
    "C_INTERVAL": 37091106789000, "C_TEXT_ARR": ["a", None, "c d"], "C_INT_ARR": [1, 2, None],
    "C_NUM_ARR": ["1.50", None], "C_DATE_ARR": ["2026-01-01", None],
    "C_TSTZ_ARR": ["2026-01-01T00:00:00.000"],
    "C_UUID_ARR": ["123e4567-e89b-12d3-a456-426614174000"],
    # Of an array of arrays the connector sends NULLs.
    "C_INT_ARR2": [None, None], "C_INET": "192.168.0.1/24", "C_CIDR": "10.0.0.0/8",
    "C_MAC": "08:00:2b:01:02:03",
    "C_POINT": {"X": "1.5", "Y": "-2.0", "WKB": "AQEAAAAAAAAAAAD4PwAAAAAAAADA", "SRID": None},
    "C_ENUM": "happy", "C_ENUM_ARR": ["sad", "ok"], "C_INT4RANGE": "[1,5)",
    "C_TSTZRANGE": '["2026-01-01 00:00:00+00","2026-02-01 00:00:00+00")',
    "C_DATERANGE": "[2026-01-01,2026-01-11)", "C_OID": 42, "C_TEXT3": "a.b",
    "C_TSVECTOR": "'a' 'cat' 'fat'",
}


def all_types_row(key, **values):
    return {"ID": key, **dict.fromkeys(FULL_ROW), **values}


# 24:00:00 of a time is midnight.
INFINITE = {"C_REAL": "NaN", "C_DOUBLE": "-Infinity", "C_NUM_10_2": "0.00",
            "C_TIME": "00:00", "C_TSTZ": "-infinity", "C_INTERVAL": -86400000001}
EARLY = {"C_INT8": -9223372036854775808, "C_REAL": "1.0E-30", "C_DOUBLE": "1.0E+300",
         "C_NUM": "0.0000", "C_NUM_20_0": 0, "C_DATE": "0001-01-01",
         "C_TS": "-0043-03-15T12:00:00.000", "C_TSTZ": "9999-12-31T23:59:59.999999Z",
         "C_TEXT_ARR": []}


def all_types_rows(**more):
    """1 to 4 are of the snapshot, 5 to 7 the same as changes, where c_name is NULL. @p more: of the
    rows with infinite values, by column a pair, as it comes in the snapshot and as a change."""
    first = {name: pair[0] for name, pair in more.items()}
    then = {name: pair[1] for name, pair in more.items()}
    return [{"ID": 1, **FULL_ROW}, all_types_row(2), all_types_row(3, **{**INFINITE, **first}),
            all_types_row(4, **EARLY), {"ID": 5, **FULL_ROW, "C_NAME": None},
            all_types_row(6, **{**INFINITE, **then}), all_types_row(7, **EARLY)]
