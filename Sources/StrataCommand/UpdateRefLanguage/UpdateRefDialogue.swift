package import StrataModel
package import StrataRefs

/// `update-ref --stdin` without a repository: on any store, in memory.
///
/// There are no objects to ask about, so an object id stands for itself and nothing else is a revision.
package enum UpdateRefDialogue {
    /// What came of a dialogue.
    package struct Outcome: Equatable {
        /// The exit status.
        package let status: Int32
        package let output: [UInt8]
        package let errors: [UInt8]
    }

    /// Carries out the commands of `input` on `store`.
    package static func run(
        _ input: [UInt8], nulTerminated: Bool, batch: Bool, on store: any RefStore, _ context: RefTransactionContext
    ) -> Outcome {
        var values = UpdateRef.Values()
        values.stdin = true
        values.nulTerminated = nulTerminated
        values.batch = batch
        let console = Console.memory(input: input)
        let repository = CommandRepository(
            references: store, objects: NoObjects(algorithm: store.hashAlgorithm), transactions: context,
            find: { text in Self.object(text, store.hashAlgorithm).map { .found($0, mode: nil) } ?? .missing },
            uniqueDigits: { id, _ in id.algorithm.hexCount },
            pack: { _ in }, sweep: { ([], []) })
        var session = UpdateRefBatch(values, repository, console)
        var end = CommandExit(status: .success)
        do throws(CommandExit) { try session.run() } catch { end = error }
        return Outcome(
            status: end.status.rawValue, output: console.output.collected + end.output,
            errors: console.errors.collected + end.message)
    }

    /// The commands of `input` up to the first that makes no sense, whatever order they come in.
    ///
    /// - Returns: the commands, and whether they are all.
    package static func commands(
        in input: [UInt8], nulTerminated: Bool, _ algorithm: HashAlgorithm
    ) -> (commands: [UpdateRefCommand], isWhole: Bool) {
        let reader = UpdateRefReader(InputReader(bytes: input), nulTerminated: nulTerminated)
        var parser = UpdateRefParser(nulTerminated: nulTerminated, zero: .zero(algorithm), noDeref: false)
        var commands: [UpdateRefCommand] = []
        do throws(CommandExit) {
            while let text = try reader.next() {
                commands.append(try parser.parse(text, resolve: { Self.object($0, algorithm) }, warn: { _ in }))
            }
            return (commands, true)
        } catch {
            return (commands, false)
        }
    }

    private static func object(_ expression: Bytes, _ algorithm: HashAlgorithm) -> ObjectID? {
        ObjectID(hex: expression.span).flatMap { $0.algorithm == algorithm ? $0 : nil }
    }
}

/// A repository without objects.
private struct NoObjects: ObjectLookup {
    let algorithm: HashAlgorithm

    func contains(_ id: ObjectID) throws(ObjectError) -> Bool { false }
    func header(of id: ObjectID) throws(ObjectError) -> ObjectHeader? { nil }
    func tagTarget(of id: ObjectID) throws(ObjectError) -> TypedObjectID? { nil }
}
