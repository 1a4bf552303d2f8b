import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fieldsOf } from '../src/form/schema';
import { SchemaForm } from '../src/form/SchemaForm';

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

const fields = fieldsOf({
  required: ['bucket_name'],
  properties: {
    bucket_name: { type: 'string', title: 'Bucket' },
    secret: { type: 'string', title: 'Secret', writeOnly: true },
    file_format: { type: 'string', title: 'File format', enum: ['JSONLines', 'Parquet'], default: 'JSONLines' },
  },
});

describe('the form on the page', () => {
  let host: HTMLElement;
  beforeEach(() => {
    host = document.body.appendChild(document.createElement('div'));
  });
  afterEach(() => host.remove());

  async function show(errors: Record<string, string>, storedSecrets = false) {
    await act(async () => {
      createRoot(host).render(<SchemaForm fields={fields} values={{ bucket_name: 'lake' }} errors={errors} storedSecrets={storedSecrets} onChange={() => undefined} />);
    });
  }

  it('labels every input, hides secrets and offers what is allowed', async () => {
    await show({}, true);
    for (const input of host.querySelectorAll('input, select')) {
      expect(host.querySelector(`label[for="${input.id}"]`)).not.toBeNull();
    }
    const secret = host.querySelector<HTMLInputElement>('[name=secret]')!;
    expect(secret.type).toBe('password');
    expect(secret.placeholder).toContain('Kept as stored');
    expect([...host.querySelectorAll('[name=file_format] option')].map((option) => option.textContent)).toEqual(['Default: JSONLines', 'JSONLines', 'Parquet']);
  });

  it('says at the field what is wrong with it', async () => {
    await show({ bucket_name: 'must have 3 to 63 characters' });
    const input = host.querySelector('[name=bucket_name]')!;
    expect(input.getAttribute('aria-invalid')).toBe('true');
    expect(document.getElementById(input.getAttribute('aria-describedby')!)?.textContent).toContain('must have 3 to 63 characters');
  });
});
