import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataFiles

/// A writer of HEAD and a writer of the branch that HEAD names take the two locks in one order.
@Suite struct HeadOrderTests {
    @Test func theyDoNotWaitForEachOther() throws {
        let repository = try LooseRepository()
        let names = [RefName.head, .known("refs/heads/main")]
        let ids = [repository.first, repository.second]
        var context = LooseRepository.context
        context.deadline = .after(milliseconds: 60_000)
        let patient = context
        let rounds = 300
        let spent = try ContinuousClock().measure {
            try concurrently(2) { index in
                let store = repository.store(timeout: 10_000)
                for round in 0..<rounds {
                    try repository.submit(.update(names[index], to: ids[round % 2]), on: store, patient)
                }
            }
        }
        // Two that waited for each other would wait until the deadline.
        #expect(spent < .seconds(50))
    }
}
