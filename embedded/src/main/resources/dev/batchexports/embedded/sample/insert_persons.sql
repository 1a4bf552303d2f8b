-- A person's row lands again with each event that changes it: its state then. Made from the events of the same span.
INSERT INTO persons
    (team_id, distinct_id, person_id, properties, person_version, person_distinct_id_version, is_deleted, created_at, inserted_at)
SELECT team_id, distinct_id, person_id, person_properties, toUInt64(intDiv(toUnixTimestamp64Micro(inserted_at), 1000)) AS person_version,
    0, 0, created_at, inserted_at
FROM events
WHERE inserted_at >= fromUnixTimestamp64Micro({start_micros:Int64}, 'UTC')
  AND inserted_at < fromUnixTimestamp64Micro({start_micros:Int64} + {span_micros:Int64}, 'UTC')
  AND event IN ('$identify', 'signed up', 'trial started', 'purchase')
  AND (team_id, distinct_id, inserted_at) NOT IN (
      SELECT team_id, distinct_id, inserted_at FROM persons
      WHERE inserted_at >= fromUnixTimestamp64Micro({start_micros:Int64}, 'UTC')
        AND inserted_at < fromUnixTimestamp64Micro({start_micros:Int64} + {span_micros:Int64}, 'UTC'))
ORDER BY inserted_at
LIMIT 1 BY team_id, distinct_id, inserted_at
