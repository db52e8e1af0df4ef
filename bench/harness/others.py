# SPDX-License-Identifier: Apache-2.0
"""Measures beside the comparison."""
OTHERS = {}
