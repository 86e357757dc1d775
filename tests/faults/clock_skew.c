/* A host whose clock is wrong by CLOCK_SKEW_SECONDS, for one process: LD_PRELOAD this. Intervals stay right. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long skew(void) {
    const char *seconds = getenv("CLOCK_SKEW_SECONDS");
    return seconds ? atol(seconds) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *moment) {
    int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, moment);
    if (result == 0 && clock == CLOCK_REALTIME)
        moment->tv_sec += skew();
    return result;
}

int gettimeofday(struct timeval *restrict moment, void *restrict zone) {
    int (*real)(struct timeval *restrict, void *restrict) = dlsym(RTLD_NEXT, "gettimeofday");
    int result = real(moment, zone);
    if (result == 0)
        moment->tv_sec += skew();
    return result;
}

time_t time(time_t *moment) {
    time_t (*real)(time_t *) = dlsym(RTLD_NEXT, "time");
    time_t now = real(NULL) + skew();
    if (moment)
        *moment = now;
    return now;
}
