"""What Schemathesis is kept from sending, each with its reason; `schemathesis.toml` names this file."""

import os
from urllib.parse import urlencode

import schemathesis
from hypothesis import strategies

# Of a longer address no handler hears: Node's HTTP server takes 16 KiB of it with all headers, API
# Gateway 10 KiB, and each refuses more by itself.
LONGEST_ADDRESS = 8 * 1024


# What makes a text one of these, JSON Schema can't say.
schemathesis.openapi.format(
    "isbn", strategies.sampled_from(["0-439-02348-3", "978 0439 02348 1", "9791090636071"])
)
schemathesis.openapi.format("language", strategies.sampled_from(["en", "PT-br", "zh-Hant-TW"]))


@schemathesis.hook
def filter_case(context, case):
    request = case.as_transport_kwargs()
    query = urlencode(request.get("params") or {}, doseq=True)
    is_short = len(request["url"]) + len(query) < LONGEST_ADDRESS
    return is_short and not fails_in_localstack(request) and not names_a_book_twice(case)


def names_a_book_twice(case):
    """An import and an order name each book once, which JSON Schema can't say."""
    if not isinstance(case.body, dict):
        return False
    return any(
        has_twice(case.body.get(entries), name)
        for entries, name in [("books", "id"), ("items", "bookId")]
    )


def has_twice(entries, name):
    if not isinstance(entries, list):
        return False
    ids = [entry.get(name) for entry in entries if isinstance(entry, dict)]
    return any(ids.count(id) > 1 for id in ids)


def fails_in_localstack(request):
    """LocalStack's gateway looks for the boundary itself, and answers 500 where there is none."""
    is_localstack = os.environ.get("BAZAR_TEST_EMULATOR") == "localstack"
    content_type = (request.get("headers") or {}).get("Content-Type")
    return is_localstack and content_type == "multipart/form-data"


def in_digits(parameters):
    """Whole numbers as an address has them: to JSON Schema 7.0 is one too, but none that stands there."""
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in (parameters or {}).items()
    }


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    return in_digits(path_parameters)


@schemathesis.hook
def map_query(context, query):
    return in_digits(query)
