# SPDX-License-Identifier: Apache-2.0
"""What bench/run is made of; ../README.md says which module does what."""
