package org.example.net;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Token buckets, one for each client. */
public class RateGate {
    private final ConcurrentHashMap<String, Bucket> buckets = new ConcurrentHashMap<>();
    private final AtomicLong refused = new AtomicLong();
    private final Clock clock;
    private final double perSecond;
    private final double burst;

    public RateGate(Clock clock, double perSecond, double burst) {
        this.clock = clock;
        this.perSecond = perSecond;
        this.burst = burst;
    }

    public Decision admit(String client) {
        return admit(client, 1);
    }

    public Decision admit(String client, double cost) {
        Instant now = clock.instant();
        Bucket bucket = buckets.computeIfAbsent(client, name -> new Bucket(burst, now));
        synchronized (bucket) {
            bucket.refill(now, perSecond, burst);
            if (bucket.tokens >= cost) {
                bucket.tokens -= cost;
                return Decision.admitted(bucket.tokens);
            }
            refused.incrementAndGet();
            return Decision.refused(waitFor(cost - bucket.tokens));
        }
    }

    private Duration waitFor(double missing) {
        return Duration.ofMillis((long) Math.ceil(1000 * missing / perSecond));
    }

    public long refusedCount() {
        return refused.get();
    }

    /** Forgets clients that have been quiet for so long that their bucket is full. */
    public int forgetIdle() {
        Instant now = clock.instant();
        int forgotten = 0;
        Iterator<Map.Entry<String, Bucket>> entries = buckets.entrySet().iterator();
        while (entries.hasNext()) {
            Bucket bucket = entries.next().getValue();
            synchronized (bucket) {
                bucket.refill(now, perSecond, burst);
                if (bucket.tokens >= burst) {
                    entries.remove();
                    forgotten++;
                }
            }
        }
        return forgotten;
    }

    public void sweepWith(ScheduledExecutorService executor, Duration every) {
        executor.scheduleAtFixedRate(this::forgetIdle, every.toMillis(), every.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static final class Bucket {
        private double tokens;
        private Instant filledAt;

        Bucket(double tokens, Instant filledAt) {
            this.tokens = tokens;
            this.filledAt = filledAt;
        }

        void refill(Instant now, double perSecond, double burst) {
            double seconds = Duration.between(filledAt, now).toNanos() / 1e9;
            if (seconds > 0) {
                tokens = Math.min(burst, tokens + seconds * perSecond);
                filledAt = now;
            }
        }
    }

    public record Decision(boolean allowed, double tokensLeft, Duration retryAfter) {
        static Decision admitted(double left) {
            return new Decision(true, left, Duration.ZERO);
        }

        static Decision refused(Duration wait) {
            return new Decision(false, 0, wait);
        }

        public String headerValue() {
            return String.valueOf(Math.max(1, retryAfter.toSeconds()));
        }
    }
}
