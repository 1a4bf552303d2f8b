import type { Webhook } from '../../api/client';

export function titleOf(webhook: Webhook): string {
  return webhook.name || new URL(webhook.url).host;
}

/** What messages are signed with, as Standard Webhooks wants it: whsec_ and 32 random bytes in Base64. */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `whsec_${btoa(String.fromCharCode(...bytes))}`;
}
