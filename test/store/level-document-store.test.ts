import { documentStoreContract } from './document-store.contract.ts'
import { storeFixture } from './store-fixture.ts'

for (const fsync of ['always', 'everysec', 'never'] as const) {
  documentStoreContract(`LevelDocumentStore, fsync ${fsync}`, async (t) => {
    const { open } = await storeFixture(t, fsync)
    return (await open()).store
  })
}
