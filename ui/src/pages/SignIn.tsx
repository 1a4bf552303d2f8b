import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { answerOf, client } from '../api/client';
import { sessionQuery } from '../api/queries';
import { Button, Field } from '../ui/kit';

export function SignInPage() {
  const { next } = useSearch({ from: '/sign-in' });
  const [token, setToken] = useState('');
  const queries = useQueryClient();
  const router = useRouter();
  const tried = useRef(false);

  const signIn = useMutation({
    mutationFn: (with_: { token: string } | { code: string }) => answerOf(client.POST('/api/sign_in', { body: with_ })),
    onSuccess: (session) => {
      queries.clear();
      queries.setQueryData(sessionQuery.queryKey, session);
      router.history.replace(next ?? '/');
    },
  });
  const { mutate } = signIn;

  // The code of a one-time link stands behind #, where no server sees it, and leaves the address at once.
  useEffect(() => {
    const code = new URLSearchParams(location.hash.slice(1)).get('code');
    if (code && !tried.current) {
      tried.current = true;
      history.replaceState(null, '', location.pathname + location.search);
      mutate({ code });
    }
  }, [mutate]);

  return (
    <main className="signin">
      <form
        className="panel"
        onSubmit={(event) => {
          event.preventDefault();
          mutate({ token: token.trim() });
        }}
      >
        <div className="brand" style={{ padding: 0 }}>
          <i className="mark"><svg className="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="M3 4.5h10M3 8h7M3 11.5h4" strokeWidth="2" /></svg></i>
          <h1 style={{ fontSize: 16 }}>Sign in to Batch Exports</h1>
        </div>
        <Field
          label="API token"
          error={signIn.error?.message}
          hint={<>What it may do, you may do here. On your own machine, <code>./bx dev</code> prints a link that signs you in, and keeps the token in <code>.bx/data/connection.json</code>.</>}
        >
          {(props) => (
            <input {...props} type="password" name="token" autoComplete="current-password" autoFocus placeholder="bxt_…" value={token} onChange={(event) => setToken(event.target.value)} />
          )}
        </Field>
        <Button type="submit" kind="primary" busy={signIn.isPending} blocked={token.trim() === '' && 'Type or paste a token first.'}>Sign in</Button>
      </form>
    </main>
  );
}
