/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GEO_DISTANCE: great-circle distance of two points by the haversine formula, on a sphere of 6371
 * km or 3959 miles.
 *
 * Arguments: latitude and longitude of both points in degrees, then the unit by a name in any case,
 * km by default. Any fault of an argument, NULL included, is an error of the row.
 */
#include "engine/functions/families.h"
#include "engine/functions/kernel.h"

#include <math.h>

#define RADIUS_KM    6371.0
#define RADIUS_MILES 3959.0

/* In this order of operations the last bits agree with ksqlDB's. */
static double radians(double degrees)
{
    return degrees / 180.0 * 3.141592653589793;
}

/* The haversine form stays exact for points that are close, where the cosine form loses digits. The
 * argument of asin is at most 1 but for rounding, and NaN then: antipodes are that far from exact
 * in ksqlDB, too. */
static double haversine(const double c[4], double radius)
{
    double lat1 = radians(c[0]), lat2 = radians(c[2]);
    double dlat = radians(c[2] - c[0]), dlon = radians(c[3] - c[1]);
    double sin_lat = sin(dlat / 2), sin_lon = sin(dlon / 2);
    double a = sin_lat * sin_lat + sin_lon * sin_lon * cos(lat1) * cos(lat2);
    return radius * 2 * asin(sqrt(a));
}

/** 0: no such unit. A blank text is no unit at all, so the default. ksqlDB's names of units. */
static double radius_of(wr_str unit)
{
    static const char *const km[] = {"km", "kilometer", "kilometers", "kilometre", "kilometres"};
    static const char *const miles[] = {"mi", "mile", "miles"};
    if (wr_str_trim(unit).len == 0)
        return RADIUS_KM;
    for (size_t k = 0; k < WR_ARRAY_LEN(km); k++)
        if (wr_str_ieq(unit, wr_str_c(km[k])))
            return RADIUS_KM;
    for (size_t k = 0; k < WR_ARRAY_LEN(miles); k++)
        if (wr_str_ieq(unit, wr_str_c(miles[k])))
            return RADIUS_MILES;
    return 0;
}

/**
 * Coordinates of row @p i: lat1, lon1, lat2, lon2. False where the row has failed. c has room for
 * four; the order is that of the arguments. NULL is looked at before any range, so a row with both
 * faults is reported as NULL.
 */
static bool coordinates(wr_kctx *ctx, const wr_vec *const *args, wr_vec *out, uint32_t i,
                        double c[4])
{
    for (int k = 0; k < 4; k++) {
        if (wr__null(args[k], i)) {
            wr__fail(ctx, out, i, "GEO_DISTANCE: a coordinate is NULL");
            return false;
        }
        c[k] = wr__f64(args[k], i);
    }
    /* In ksqlDB NaN passes these comparisons, too, and makes the distance NaN. */
    if (fabs(c[0]) > 90 || fabs(c[2]) > 90) {
        wr__fail(ctx, out, i,
                 "valid latitude values for GeoDistance function are in the range of "
                 "-90 to 90 decimal degrees");
        return false;
    }
    if (fabs(c[1]) > 180 || fabs(c[3]) > 180) {
        wr__fail(ctx, out, i,
                 "valid longitude values for GeoDistance function are in the range of "
                 "-180 to +180 decimal degrees");
        return false;
    }
    return true;
}

/* A fifth argument that is NULL means the default unit, unlike NULL coordinates, which fail. */
WR__KERNEL(geo_distance)
{
    WR_FOREACH_SEL (i, sel) {
        double c[4], radius = RADIUS_KM;
        if (!coordinates(ctx, args, out, i, c))
            continue;
        if (call->args_n == 5 && !wr__null(args[4], i)) {
            radius = radius_of(wr__str(args[4], i));
            if (radius == 0) {
                wr__fail(ctx, out, i,
                         "GeoDistance function units parameter must be one of Kilometers or Miles, "
                         "got '" WR_STR_FMT "'",
                         WR_STR_ARG(wr__str(args[4], i)));
                continue;
            }
        }
        out->u.f64[i] = haversine(c, radius);
    }
}

static const wr_signature geo_distance_sigs[] = {
    {"DOUBLE, DOUBLE, DOUBLE, DOUBLE", "DOUBLE", 0, geo_distance, NULL, NULL, NULL},
    {"DOUBLE, DOUBLE, DOUBLE, DOUBLE, STRING", "DOUBLE", 0, geo_distance, NULL, NULL, NULL},
};

static const wr_function functions[] = {
    WR__FN("GEO_DISTANCE", "MATHEMATICAL", geo_distance_sigs,
           "ROUND(GEO_DISTANCE(37.4133, -122.1162, 37.8041, -122.2711), 1)", "45.5e0",
           "Great-circle distance of two points (lat1, lon1, lat2, lon2), in km or miles."),
};
WR__FAMILY(geo, functions);
