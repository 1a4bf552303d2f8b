import { createContext, useContext, useEffect, useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { browserZone } from '../time/grid';

interface Zone {
  zone: string;
  choose: (zone: string) => void;
}

const ZoneContext = createContext<Zone>({ zone: 'UTC', choose: () => undefined });

/** The zone in which times are shown; it is named beside each of them. */
export function ZoneProvider({ children }: { children: ReactNode }) {
  const [zone, setZone] = useState(() => localStorage.getItem('zone') ?? 'UTC');
  const value = useMemo(
    () => ({
      zone,
      choose: (chosen: string) => {
        localStorage.setItem('zone', chosen);
        setZone(chosen);
      },
    }),
    [zone],
  );
  return <ZoneContext.Provider value={value}>{children}</ZoneContext.Provider>;
}

export function useZone(): Zone {
  return useContext(ZoneContext);
}

export function zoneChoices(current: string): string[] {
  return [...new Set(['UTC', browserZone(), current])];
}

/** The present, again and again. */
export function useNow(every = 1_000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}
