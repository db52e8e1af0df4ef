/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS and SASL: why a broker and we do not trust each other, in words. librdkafka says at which
 * step a connection failed; which setting that is about takes somebody who knows both sides.
 */
#include "common/diag.h"
#include "runtime/log/kafka.h"

/* What OpenSSL says of a certificate, by the numbers of its x509_vfy.h, which are part of its
 * binary interface. librdkafka hands the number on and keeps the text to itself. */
static const char *certificate_fault(int code)
{
    static const struct {
        int code;
        const char *text;
    } faults[] = {
        {9, "it is not valid yet"},
        {10, "it has expired"},
        {18, "it is signed by itself, and not among the trusted ones"},
        {19, "the authority that has signed it is not among the trusted ones"},
        {20, "the authority that has signed it is not among the trusted ones"},
        {21, "the authority that has signed it is not among the trusted ones"},
        {23, "it has been revoked"},
        {62, "it is for another host name"},
        {64, "it is for another address"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(faults); i++)
        if (faults[i].code == code)
            return faults[i].text;
    return "OpenSSL does not accept it";
}

void wr__kafka_certificate_refused(wr__kafka *log, const char *broker, int code)
{
    pthread_mutex_lock(&log->lock);
    bool news = log->certificate_fault != certificate_fault(code);
    log->certificate_fault = certificate_fault(code);
    pthread_mutex_unlock(&log->lock);
    if (news && !atomic_load(&log->down)) /* else the error of opening says it */
        wr_diag_put(WR_DIAG_WARN, "kafka", "the certificate of broker %s is refused: %s", broker,
                    certificate_fault(code));
}

/* librdkafka's threads; once for each certificate of the broker's chain. The verdict stays
 * OpenSSL's; what is written to @p why gets into librdkafka's log line. @return 1: accepted. */
static int on_certificate(rd_kafka_t *rk, const char *broker, int32_t broker_id, int *code,
                          int depth, const char *der, size_t size, char *why, size_t why_size,
                          void *opaque)
{
    (void)rk, (void)broker, (void)broker_id, (void)depth, (void)der, (void)size;
    WR_ASSERT(code && why && why_size > 0);
    if (*code == 0)
        return 1;
    snprintf(why, why_size, "%s (%d)", certificate_fault(*code), *code);
    wr__kafka_certificate_refused(((wr__kafka_opaque *)opaque)->log, broker, *code);
    return 0;
}

void wr__kafka_watch_certificates(rd_kafka_conf_t *conf)
{
    WR_ASSERT(conf);
    /* Refused by a librdkafka without TLS, which has nothing to watch. */
    (void)rd_kafka_conf_set_ssl_cert_verify_cb(conf, on_certificate);
}

static bool uses_scram(const wr__kafka *log)
{
    const char *mechanism = wr_settings_get(&log->settings, "sasl.mechanism");
    if (!mechanism)
        mechanism = wr_settings_get(&log->settings, "sasl.mechanisms");
    return mechanism && strncmp(mechanism, "SCRAM-", 6) == 0;
}

weir_status wr__kafka_security_hint(const wr__kafka *log, const char *said, weir_error *err)
{
    static const struct {
        const char *said, *hint;
    } hints[] = {
        {"certificate verify failed",
         "ssl.ca.location names the certificates of the authorities that are trusted (PEM); the "
         "broker's certificate must be of one of these, be valid today and have the name or the "
         "address in bootstrap.servers and in the broker's advertised.listeners."},
        {"alert bad certificate", "The broker wants a certificate that it trusts: "
                                  "ssl.certificate.location and ssl.key.location (PEM)."},
        {"alert certificate required", "The broker wants a certificate that it trusts: "
                                       "ssl.certificate.location and ssl.key.location (PEM)."},
        {"unexpected eof while reading",
         "Does the port speak TLS? security.protocol must be the listener's."},
        {"wrong version number",
         "Does the port speak TLS? security.protocol must be the listener's."},
        {"while requesting ApiVersion",
         "Does the port want TLS? security.protocol must be the listener's."},
        {"might require SASL", "security.protocol must be the listener's: sasl_ssl or "
                               "sasl_plaintext where it wants a user."},
        {"Request not valid in current SASL state",
         "The listener wants no user: security.protocol = ssl or plaintext."},
        {"Unsupported SASL mechanism",
         "sasl.mechanism must be one of those that the broker names."},
        {"SASL authentication error", "Check sasl.mechanism, sasl.username and sasl.password."},
        {"ssl.key.location failed",
         "Is it a private key in PEM, and ssl.key.password its password?"},
    };
    WR_ASSERT(said && log->brokers);
    if (strstr(said, "SASL authentication error") && uses_scram(log) &&
        rd_kafka_version() < 0x02060100)
        return wr_error_hint(
            err,
            "SASL/SCRAM does not work between librdkafka %s and newer brokers, right passwords are "
            "refused too; use SASL/PLAIN over TLS, or librdkafka 2.6.1 or newer.",
            rd_kafka_version_str());
    for (size_t i = 0; i < WR_ARRAY_LEN(hints); i++)
        if (strstr(said, hints[i].said))
            return wr_error_hint(err, "%s", hints[i].hint);
    return wr_error_hint(err, "Check bootstrap.servers and that the broker is running.");
}
