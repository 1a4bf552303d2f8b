-- Five bytes, at the beginning of a cipher text, tell its key: the rotation of keys asks for those of other keys.
create index batch_exports_by_key on batch_exports
    ((substring(decode(left(destination_secrets, 8), 'base64') from 1 for 5))) where destination_secrets <> '';
create index webhooks_by_key on webhooks ((substring(decode(left(secret, 8), 'base64') from 1 for 5)));
