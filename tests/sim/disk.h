/* SPDX-License-Identifier: Apache-2.0 */
/* disk.h - what a simulated process finds when it starts again: disk.c. */
#ifndef WR_TESTS_SIM_DISK_H
#define WR_TESTS_SIM_DISK_H

#include "broker.h"

/** Nothing is left. */
void disk_wipe(int process);
/** As somebody copies a directory. */
void disk_copy(int to, int from);
void disk_add(int process, int family, const char *key, size_t key_len, const char *value,
              size_t value_len);

#endif
