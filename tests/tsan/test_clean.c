/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tsan build works: librdkafka's threads start, run and end under TSan, and data handed over
 * under a lock is no race. Without c11_threads.c this crashes in librdkafka's first thread.
 */
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int counter;

static void *count(void *arg)
{
    for (int i = 0; i < 1000; i++) {
        pthread_mutex_lock(&lock);
        counter++;
        pthread_mutex_unlock(&lock);
    }
    return arg;
}

int main(void)
{
    char why[200];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!rk) {
        rd_kafka_conf_destroy(conf);
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    rd_kafka_poll(rk, 10);

    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, count, NULL))
            return 1;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    rd_kafka_destroy(rk);
    return counter == 2000 ? 0 : 1;
}
