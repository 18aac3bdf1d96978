#!/usr/bin/env python3
"""validate.py SCHEMA FILE...: each FILE holds a document, an array of them, or (.jsonl) one in a line.

The shipped schema lets unknown keys pass, so that old readers read new reports. Here it is closed first: a key that
the schema does not name is an error.
"""
import json
import sys

import jsonschema


def close(schema):
    if isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for value in schema.values():
            close(value)
    elif isinstance(schema, list):
        for value in schema:
            close(value)


def no_twins(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f"a key stands twice: {keys}")
    return dict(pairs)


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft202012Validator.check_schema(schema)
    # free-form by intent: the steps of a plan
    close(schema)
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    bad = 0
    for name in sys.argv[2:]:
        with open(name, encoding="utf-8") as f:
            if name.endswith(".jsonl"):
                found = [json.loads(line, object_pairs_hook=no_twins) for line in f]
            else:
                found = json.load(f, object_pairs_hook=no_twins)
        for report in found if isinstance(found, list) else [found]:
            for error in validator.iter_errors(report):
                where = "/".join(map(str, error.absolute_path))
                print(f"{name}: {where}: {error.message[:300]}")
                bad += 1
    sys.exit(1 if bad or len(sys.argv) < 3 else 0)


main()
