/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schedule.h - threads, time and randomness of a simulated run.
 *
 * Everything runs on one thread of the system. What the program makes by pthread_create are
 * coroutines; one gives way where it waits (a mutex, a condition, a join, a sleep, an answer of the
 * broker), and which of those that can go on goes on is drawn from the seed. Time stands while
 * anybody can go on, and jumps to the next deadline when nobody can. The calls of the program and
 * of its libraries' objects are redirected by the linker (--wrap, CMakeLists.txt); those inside of
 * shared libraries are not, and none of them waits for another thread of ours.
 *
 * A coroutine belongs to a process of the simulation, and so does all that it makes.
 */
#ifndef WR_TESTS_SIM_SCHEDULE_H
#define WR_TESTS_SIM_SCHEDULE_H

#include "common/clock.h"

enum { SIM_PROCESSES = 2, SIM_NOBODY = -1 };

/** Begin a run: time, random numbers, no coroutines but the caller's. */
void sim_sched_begin(uint64_t seed);
/** @pre every coroutine has ended */
void sim_sched_end(void);

/** Random numbers of the run. */
uint64_t sim_below(uint64_t n);
bool sim_one_in(uint64_t n);

int64_t sim_now_us(void);
/** The process of the coroutine that runs; the caller of sim_sched_begin has none, until it says
 *  for whom it calls what it calls. */
int sim_process(void);
void sim_set_process(int process);
/** Freeze a process's coroutines: a stall of its machine. */
void sim_freeze(int process, bool frozen);
bool sim_is_frozen(int process);

void sim_sleep_us(int64_t us);
/** Let others run. */
void sim_yield(void);
/** The caller is not interrupted, and must not have to wait, until it takes that back. */
void sim_stay_alone(bool alone);
/** Wait for sim_wake_all, or until then (of sim_now_us). */
void sim_wait_until_us(int64_t until);
/** Something has changed at the broker. */
void sim_wake_all(void);
/** The same for something in particular: a thing and a number of it. */
void sim_wait_on(const void *what, uint64_t number, int64_t until);
void sim_wake(const void *what, uint64_t number);
/** A coroutine of the current process, which nobody joins. */
void sim_spawn(void *(*run)(void *), void *arg);
/** Called where a run waits for ever: who waits. */
void sim_stuck(const char *why) WR_NORETURN;
/** The run takes longer than this in simulated time: a program that does not get on. */
void sim_set_limit_us(int64_t us);
uint64_t sim_switches(void);

#endif
