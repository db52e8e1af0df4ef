/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory.h - can a directory be used? One that is damaged is known as such, and moved aside
 * where its content can be had again (on Kafka, from changelogs).
 *
 * RocksDB notices a wrong block when it reads it, which may be hours after the start, and by then
 * others have it open. So the process only marks the directory, and the next one moves it aside.
 */
#ifndef WR_STATESTORE_DIRECTORY_H
#define WR_STATESTORE_DIRECTORY_H

#include "common/error.h"

/** Make @p path where it is missing; can it be used? In our words, where RocksDB would speak of its
 *  files. @return WEIR_ERR_STORE, FATAL. */
weir_status wr__directory_check(const char *path, weir_error *err) WR_MUST_CHECK;
/**
 * Lock @p path against every other opening, of this process or another one, until @p fd is closed.
 * The lock is the directory's own: it goes with it where it is moved aside, and a kill ends it.
 * Nothing may be said of the files in it before: whoever makes a new database of them has it.
 * File systems that cannot lock a directory (NFS) leave it to RocksDB's lock, which comes later.
 * @return WEIR_ERR_STORE, FATAL: it is in use, or cannot be locked.
 */
weir_status wr__directory_lock(const char *path, int *fd, weir_error *err) WR_MUST_CHECK;
/** "the state directory @p path is in use by another process". @return WEIR_ERR_STORE, FATAL. */
weir_status wr__directory_used(const char *path, weir_error *err);
/** "the state directory @p path is damaged: @p how". @return WEIR_ERR_STORE, FATAL. */
weir_status wr__damaged_error(const char *path, const char *how, const char *hint, weir_error *err);
/** Put a mark into directory @p path: it is damaged, as @p why says. Best effort. Any thread. */
void wr__damaged_mark(const char *path, const char *why);
/** Is there a mark? */
bool wr__damaged_marked(const char *path);
/**
 * Are there tables or write-ahead logs in @p path, but no file CURRENT, which names the present
 * MANIFEST? RocksDB would make a new database of it and delete them all.
 */
bool wr__damaged_headless(const char *path);
/**
 * Rename @p path to "<path>.damaged-1", or the next number that is free, and report that.
 * @return WEIR_ERR_STORE, FATAL.
 */
weir_status wr__damaged_move_aside(const char *path, const char *why,
                                   weir_error *err) WR_MUST_CHECK;
/** Remove a directory without others in it: a checkpoint's hard links, or loads. Best effort: the
 *  next one tries too. */
void wr__directory_remove_flat(const char *path);

#endif
