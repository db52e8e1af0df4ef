/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crc32c.h - CRC32C (Castagnoli), as record batches carry it: by instruction where the processor
 * has one, else by tables.
 *
 * Threads: any.
 */
#ifndef WR_RUNTIME_LOG_WIRE_CRC32C_H
#define WR_RUNTIME_LOG_WIRE_CRC32C_H

#include "common/base.h"

/** The checksum of the @p n bytes that follow those of @p crc; 0: they are the first. */
uint32_t wr__crc32c(uint32_t crc, const void *bytes, size_t n);
/** The same by tables alone: what processors without the instruction use. */
uint32_t wr__crc32c_portable(uint32_t crc, const void *bytes, size_t n);

#endif
