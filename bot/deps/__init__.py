"""The dependencies of use cases: permissions, metrics, admission, clocks."""
