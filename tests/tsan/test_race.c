/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A race on purpose: the test passes when TSan ends the process with its exit code. A tsan build
 * that sees nothing would let every other test pass too.
 */
#include <pthread.h>

static int counter;

static void *count(void *arg)
{
    for (int i = 0; i < 100000; i++)
        counter++;
    return arg;
}

int main(void)
{
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, count, NULL))
            return 1;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
