import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataLMDB

/// A process that brings a token is killed on the way, or others do the same: nothing is lost, and nothing of another worktree comes back.
@Suite struct WorktreeTokenKillTests {
    private let written: RefName

    init() throws { written = try RefName("refs/worktree/written") }

    private func probe(_ scene: TokenScene, _ arguments: String...) throws -> CommandResult {
        try run(productPath("StrataProbe"), ["own", scene.directory.path.string] + arguments)
    }

    @Test(arguments: [false, true]) func killedOnTheWay(_ isRemade: Bool) throws {
        for point in 0...6 {
            for isAfter in point == 0 ? [true] : [false, true] {
                let scene = try TokenScene(isOld: !isRemade)
                if isRemade {
                    try scene.fill(scene.store)
                    try scene.remake()
                }
                let (before, token) = (try TokenScene.state(scene.store), try scene.token)
                let ended = try probe(scene, "\(point)", isAfter ? "after" : "before")
                let comment: Comment = "\(isAfter ? "after" : "before") call \(point)"
                let isDone = point == 0
                #expect(ended.status == (isDone ? 0 : 128 + 9), comment)
                if isDone { #expect(ended.outText == "calls 6\n") }
                #expect(try TokenScene.state(scene.store).count == before.count + (isDone ? 1 : 0), comment)
                #expect(try (scene.token == token) == !isDone, comment)
                // The next one that comes.
                #expect(try probe(scene, "0", "after").status == 0, comment)
                #expect(try scene.store.snapshot().read(written) != nil, comment)
                #expect(try TokenScene.state(scene.store).count == (isRemade ? 1 : 13), comment)
                #expect(try scene.token?.text == readFile(scene.file) && scene.findings == [], comment)
            }
        }
    }

    /// Of several processes that write first, and a thread that makes reflogs meanwhile, each finds its own there.
    @Test(arguments: [false, true]) func severalAtOnce(_ isRemade: Bool) throws {
        let scene = try TokenScene(isOld: !isRemade)
        if isRemade { try scene.fill(scene.store) }
        for _ in 0..<3 {
            if isRemade { try scene.remake() }
            let logs = try (0..<4).map { try RefName("refs/worktree/log-\($0)") }
            let updates = try (0..<4).map { number in
                RefTransaction([.update(try RefName("refs/worktree/t-\(number)"), to: SampleEnvironment.id(number))])
            }
            let store = LMDBRefStore(
                scene.environment, worktree: TokenScene.id, worktreeDirectory: scene.worktree, lockTimeout: 10_000)
            let path = scene.directory.path
            try concurrently(8) { number in
                switch number {
                case 0..<4:
                    _ = try output(productPath("StrataProbe"), ["own", path.string, "0", "after"])
                case 4: for name in logs { try store.reflogs?.create(name) }
                case 5, 6: try store.commit(updates[number - 5])
                default:
                    for result in store.submit(Array(updates[2...]), RefTransactionContext()) { _ = try result.get() }
                }
            }
            let snapshot = try store.snapshot()
            #expect(try snapshot.read(written) != nil)
            for number in 0..<4 {
                #expect(try snapshot.objectID(of: RefName("refs/worktree/t-\(number)")) == SampleEnvironment.id(number))
                #expect(try store.reflogs?.exists(logs[number]) == true)
            }
            #expect(try TokenScene.state(store).count == 9 + (isRemade ? 0 : 12))
            #expect(try scene.token?.text == readFile(scene.file) && scene.findings == [])
        }
    }
}
