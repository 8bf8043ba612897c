"""The simulated Huawei Cloud."""
