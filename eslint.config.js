import eslint from 'typescript-eslint';
import prettier from 'eslint-config-prettier';

export default eslint.config(
  {
    ignores: [
      'dist/',
      'dist.tmp/',
      'dist-bench/',
      'examples/*/dist/',
      'node_modules/',
      'results/',
      'profiles/',
      'coverage/',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [eslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['bench/**/*.ts', 'tests/**/*.ts'],
    rules: { 'no-console': 'off', '@typescript-eslint/unbound-method': 'off' },
  },
  prettier,
);
