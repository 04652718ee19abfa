export * from 'nest-resource-server';
