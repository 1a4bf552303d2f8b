import { createTheme } from '@mantine/core';

export const theme = createTheme({
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--mono)',
  defaultRadius: 8,
  cursorType: 'pointer',
});
