import { MemoryDocumentStore } from '../../src/store/memory-document-store.ts'
import { documentStoreContract } from './document-store.contract.ts'

documentStoreContract('MemoryDocumentStore', async () => new MemoryDocumentStore())
