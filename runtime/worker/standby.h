/* SPDX-License-Identifier: Apache-2.0 */
/*
 * standby.h - which partitions a process keeps warm copies of (num.standby.replicas).
 *
 * Nobody hands standbys out: every member of a group computes them from what all of them can ask
 * for, the ids of the members. A partition's standby is who the range assignor would give it to if
 * its owner were gone; the second one, if that one were gone too; and so on. So there are as many
 * copies as wanted, and who takes over has one.
 */
#ifndef WR_RUNTIME_WORKER_STANDBY_H
#define WR_RUNTIME_WORKER_STANDBY_H

#include "common/base.h"

/**
 * Is member @p self (of @p members, in order of their ids) one of the @p replicas standbys of this
 * partition of a topic with so many?
 */
bool wr__standby_is(uint32_t self, uint32_t members, int32_t partition, int32_t partitions,
                    uint32_t replicas);

#endif
