-- Every value hangs on `seed` alone, which hangs on the span's start and the row's number: the same rows each time.
INSERT INTO events
    (uuid, event, distinct_id, person_id, properties, person_properties, elements_chain, timestamp, created_at, team_id, inserted_at)
WITH
    {start_micros:Int64} AS span_start,
    {span_micros:Int64} AS span,
    {candidates:UInt64} AS candidates,
    intDiv(number * toUInt64(span), candidates) + span_start AS landed,
    cityHash64(span_start, number) AS seed,
    cityHash64(seed, 1) AS seed_1,
    cityHash64(seed, 2) AS seed_2,
    cityHash64(seed, 3) AS seed_3,
    -- Activity goes up and down with the hours of the day: from 0.2 at four in the morning to 1 at four in the afternoon.
    0.6 + 0.4 * sin(2 * pi() * (landed / 3600000000. - 10) / 24) AS activity,
    -- Most events land within seconds; some phones were offline for minutes, a few for days.
    seed_1 % 1000 AS luck,
    multiIf(luck < 5, seed_2 % 259200000000, luck < 40, seed_2 % 900000000, 200000 + seed_2 % 4800000) AS delay,
    multiIf(seed_1 % 100 < 70, 1, seed_1 % 100 < 88, 2, seed_1 % 100 < 96, 3, 7) AS team,
    -- A few people do most of what is done.
    toUInt32(20000 * pow((seed_2 % 65536) / 65536., 3)) AS person,
    cityHash64(team, person) AS person_seed,
    concat('user-', toString(person), '@', ['example.com', 'example.org', 'mail.example.net', 'büro.example'][1 + person_seed % 4]) AS email,
    ['$pageview', '$pageview', '$pageview', '$pageview', '$autocapture', '$autocapture', '$autocapture', '$pageleave', '$pageleave',
     '$feature_flag_called', '$identify', 'signed up', 'trial started', 'purchase', 'report exported', 'Überweisung bestätigt'] AS names,
    names[1 + if(seed_3 % 8 = 0, intDiv(seed_3, 8) % 16, intDiv(seed_3, 8) % 10)] AS name,
    ['/', '/pricing', '/docs/getting-started', '/blog/2026/how-we-export', '/app/dashboards', '/app/insights/new', '/signup', '/café/menü'] AS paths,
    paths[1 + seed_1 % 8] AS path,
    ['Home', 'Pricing – plans & prices', 'Getting started', 'How we \\"export\\" a billion rows', 'Dashboards', 'New insight', 'Sign up', 'Menü ☕ 价格'] AS titles
SELECT
    reinterpretAsUUID(sipHash128(span_start, number)) AS uuid,
    name AS event,
    concat('did_', lower(hex(person_seed))) AS distinct_id,
    reinterpretAsUUID(sipHash128(team, person)) AS person_id,
    concat(
        '{"$browser":"', ['Chrome', 'Safari', 'Firefox', 'Edge', 'Mobile Safari', 'Samsung Internet'][1 + person_seed % 6],
        '","$browser_version":', toString(90 + person_seed % 60),
        ',"$os":"', ['Windows', 'Mac OS X', 'Linux', 'iOS', 'Android'][1 + person_seed % 5],
        '","$device_type":"', if(person_seed % 3 = 0, 'Mobile', 'Desktop'),
        '","$current_url":"https://app.example.com', path, '?ref=', toString(seed_2 % 997),
        '","$host":"app.example.com","$pathname":"', path,
        '","title":"', titles[1 + seed_1 % 8],
        '","$screen_width":', toString([1280, 1440, 1920, 2560, 390][1 + person_seed % 5]),
        ',"$viewport_height":', toString(600 + seed_3 % 700),
        ',"$lib":"web","$lib_version":"1.', toString(180 + person_seed % 40), '.', toString(seed_2 % 9),
        '","$session_id":"', lower(hex(cityHash64(person_seed, intDiv(landed, 1800000000)))),
        '","$insert_id":"', lower(hex(seed_3)),
        '","$time":', toString((landed - delay) / 1000000.),
        ',"$geoip_country_code":"', ['US', 'DE', 'FR', 'GB', 'BR', 'IN', 'JP', 'PL'][1 + person_seed % 8],
        '","$geoip_city_name":"', ['New York', 'München', 'Paris', 'London', 'São Paulo', 'मुंबई', '東京', 'Łódź'][1 + person_seed % 8],
        '"',
        if(seed_2 % 5 = 0, concat(',"utm_source":"', ['google', 'newsletter', 'hacker news', 'x'][1 + seed_3 % 4],
            '","utm_medium":"', ['cpc', 'email', 'social'][1 + seed_3 % 3], '","utm_campaign":"spring \\"', toString(2020 + seed_3 % 7), '\\""'), ''),
        multiIf(
            name = 'purchase', concat(',"amount":', toString(seed_3 % 50000 / 100.), ',"currency":"', ['EUR', 'USD', 'JPY'][1 + seed_2 % 3],
                '","items":[{"sku":"A-', toString(seed_2 % 400), '","quantity":', toString(1 + seed_3 % 4), '}]'),
            name = '$feature_flag_called', concat(',"$feature_flag":"new-export-ui","$feature_flag_response":', if(seed_3 % 2 = 0, 'true', 'false')),
            name = '$pageleave', concat(',"$prev_pageview_duration":', toString(seed_3 % 60000 / 1000.), ',"$prev_pageview_max_scroll":null'),
            ''),
        '}') AS properties,
    concat('{"email":"', email, '","name":"', ['Ana', 'Jürgen', 'Sinéad', 'O\'Brien', '王伟'][1 + person_seed % 5],
        '","plan":"', ['free', 'growth', 'enterprise'][1 + person_seed % 3], '","seats":', toString(person_seed % 200), '}') AS person_properties,
    if(name = '$autocapture',
        concat('button.btn:nth-child="', toString(1 + seed_2 % 5), '"nth-of-type="1"text="', ['Save', 'Export', 'Löschen', 'OK'][1 + seed_3 % 4],
            '";div.toolbar:nth-child="2"nth-of-type="1";body:nth-child="2"nth-of-type="1"'),
        '') AS elements_chain,
    fromUnixTimestamp64Micro(toInt64(landed - delay), 'UTC') AS timestamp,
    fromUnixTimestamp64Micro(toInt64(landed - 20000 - seed_3 % 150000), 'UTC') AS created_at,
    team AS team_id,
    fromUnixTimestamp64Micro(toInt64(landed), 'UTC') AS inserted_at
FROM numbers({candidates:UInt64})
WHERE ({even:UInt8} = 1 OR seed_2 % 10007 < 10007 * activity)
