import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The built files are served by the Java server; `npm run dev` passes the API on to one that runs. */
export default defineConfig({
  plugins: [react()],
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false },
  server: { proxy: { '/api': process.env['BX_API'] ?? 'http://127.0.0.1:8080' } },
});
