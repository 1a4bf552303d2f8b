-- A session's row lands again while the session goes on: what it has come to by the end of the span.
INSERT INTO sessions
    (team_id, session_id, distinct_id, start_timestamp, end_timestamp, event_count, pageview_count, autocapture_count,
     entry_url, exit_url, referring_domain, utm_source, inserted_at)
SELECT team_id, session_id, distinct_id, min(timestamp), max(timestamp), count(), countIf(event = '$pageview'), countIf(event = '$autocapture'),
    argMin(url, (timestamp, uuid)), argMax(url, (timestamp, uuid)), ['', 'www.google.com', 'news.ycombinator.com'][1 + cityHash64(session_id) % 3],
    argMaxIf(JSONExtractString(properties, 'utm_source'), (timestamp, uuid), JSONHas(properties, 'utm_source')), max(inserted_at) AS landed
FROM (
    SELECT *, JSONExtractString(properties, '$session_id') AS session_id, JSONExtractString(properties, '$current_url') AS url
    FROM events
    -- A session is half an hour long.
    WHERE inserted_at >= fromUnixTimestamp64Micro({start_micros:Int64} - 1800000000, 'UTC')
      AND inserted_at < fromUnixTimestamp64Micro({start_micros:Int64} + {span_micros:Int64}, 'UTC')
)
GROUP BY team_id, session_id, distinct_id
HAVING landed >= fromUnixTimestamp64Micro({start_micros:Int64}, 'UTC')
   AND (team_id, session_id, landed) NOT IN (
      SELECT team_id, session_id, inserted_at FROM sessions
      WHERE inserted_at >= fromUnixTimestamp64Micro({start_micros:Int64}, 'UTC')
        AND inserted_at < fromUnixTimestamp64Micro({start_micros:Int64} + {span_micros:Int64}, 'UTC'))
