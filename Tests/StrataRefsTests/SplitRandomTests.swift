import RefStoreChecks
import StrataModel
import StrataRefs
import TestSupport
import Testing

/// Random transactions come to the same in one store and spread over several.
@Suite struct SplitRandomTests {
    @Test(arguments: StoreUnderTest.compositions)
    func splittingChangesNothing(_ store: StoreUnderTest) throws {
        var random = SplitMix64(seed: 7)
        let git = try GitOracle()
        var compared = 0
        for _ in 0..<300 {
            let scenario = TransactionRandomTests.scenario(&random, git)
            // A namespace has no root references but HEAD.
            if store.name.hasPrefix("namespaced"), "\(scenario)".contains("ORIG_HEAD") { continue }
            let memory = try StoreUnderTest.memory.run(scenario, objects: git.objects)
            #expect(try store.run(scenario, objects: git.objects) == memory, "\(scenario)")
            compared += 1
        }
        #expect(compared > 50)
    }
}
