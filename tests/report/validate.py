#!/usr/bin/env python3
"""validate.py SCHEMA FILE...: each FILE holds a document, an array of them, or (.jsonl) one in a line.

The shipped schema lets unknown keys pass, so that old readers read new reports. Here it is closed first: a key that
the schema does not name is an error.
"""
import json
import sys

import jsonschema
from jsonschema.validators import validator_for


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


def validator_of(path):
    with open(path, encoding="utf-8") as f:
        schema = json.load(f)
    kind = validator_for(schema)
    kind.check_schema(schema)
    close(schema)
    return kind(schema, format_checker=jsonschema.FormatChecker())


def complaints(validator, report):
    for error in validator.iter_errors(report):
        yield f'{"/".join(map(str, error.absolute_path))}: {error.message[:300]}'


def main():
    validator = validator_of(sys.argv[1])
    bad = seen = 0
    for name in sys.argv[2:]:
        with open(name, encoding="utf-8") as f:
            if name.endswith(".jsonl"):
                found = [json.loads(line, object_pairs_hook=no_twins) for line in f]
            else:
                found = json.load(f, object_pairs_hook=no_twins)
        for report in found if isinstance(found, list) else [found]:
            seen += 1
            for words in complaints(validator, report):
                print(f"{name}: {words}")
                bad += 1
    print(f"{seen} documents by {sys.argv[1]}, {bad} complaints")
    sys.exit(1 if bad or not seen else 0)


if __name__ == "__main__":
    main()
