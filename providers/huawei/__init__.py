"""Huawei Cloud."""
