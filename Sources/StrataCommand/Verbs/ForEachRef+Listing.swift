import StrataModel
import StrataRefs

extension ForEachRef {
    /// Filters references and prints them.
    struct Listing {
        private let repository: CommandRepository
        private let snapshot: any RefSnapshot
        private let filter: RefFilter
        private let values: Values
        private let console: Console
        private let context: FormatSource
        private var evaluator: FormatEvaluator<FormatSource>
        private var line: Bytes = []

        init(
            _ repository: CommandRepository, _ filter: RefFilter, _ format: RefFormat, _ values: Values,
            _ console: Console
        ) throws(CommandExit) {
            self.repository = repository
            snapshot = try repository.snapshot()
            self.filter = filter
            self.values = values
            self.console = console
            context = FormatSource(repository: repository, snapshot: snapshot)
            evaluator = try FormatEvaluator(format, quoting: values.quoting.first, context: context)
        }

        /// Calls `body` with each reference that passes the filter, until it returns false.
        private func forEach(_ body: (ListedRef) throws(CommandExit) -> Bool) throws(CommandExit) {
            var name: Bytes = []
            try RefListing(snapshot: snapshot).forEach(in: filter.scopes) { item throws(CommandExit) in
                name.removeAll(keepingCapacity: true)
                switch item {
                case .reference(let reference):
                    reference.appendName(to: &name)
                    guard self.filter.accepts(name), try self.filter.accepts(reference, named: name) else {
                        return true
                    }
                    return try body(reference)
                case .broken(let view):
                    unsafe name.append(contentsOf: view.nameBuffer)
                    self.console.errors.warning(Bytes("ignoring broken ref ") + name)
                case .badName(let view):
                    unsafe name.append(contentsOf: view.nameBuffer)
                    self.console.errors.warning(Bytes("ignoring ref with broken name ") + name)
                }
                return true
            }
        }

        /// Prints references as the store yields them.
        mutating func stream() throws(CommandExit) {
            var left = values.count
            var (evaluator, line) = (evaluator, line)
            let (console, omitEmpty) = (console, values.omitEmpty)
            try forEach { reference throws(CommandExit) in
                line.removeAll(keepingCapacity: true)
                try evaluator.append(reference, to: &line)
                if !line.isEmpty || !omitEmpty {
                    line.append(0x0a)
                    console.output.append(line)
                }
                left -= 1
                return left != 0
            }
        }

        /// Collects references, then prints them in order.
        mutating func sort(by sorter: RefSorter) throws(CommandExit) {
            var references: [ListedRef] = []
            try forEach { reference throws(CommandExit) in
                references.append(reference)
                return true
            }
            let sorted = try sorter.sorted(references, context: context)
            let count = values.count == 0 ? sorted.count : min(sorted.count, Int(values.count))
            for reference in sorted.prefix(count) {
                line.removeAll(keepingCapacity: true)
                try evaluator.append(reference, to: &line)
                if line.isEmpty && values.omitEmpty { continue }
                line.append(0x0a)
                console.output.append(line)
            }
        }
    }

    /// Answers what fields ask, from a repository.
    struct FormatSource: FormatContext {
        let repository: CommandRepository
        let snapshot: any RefSnapshot

        var headTarget: RefName? {
            get throws(CommandExit) { try snapshot.readableID(.head)?.name }
        }

        func header(of id: ObjectID, needsSize: Bool) throws(CommandExit) -> ObjectHeader? {
            if needsSize {
                return try asking { () throws(ObjectError) in try repository.objects.header(of: id) }
            }
            let kind = try asking { () throws(ObjectError) in try repository.objects.kind(of: id) }
            return kind.map { ObjectHeader(kind: $0, size: 0) }
        }

        func peel(_ id: ObjectID) throws(CommandExit) -> ObjectID {
            guard let peeled = try? repository.objects.peel(id, verifyingTarget: true) else { throw .fatal("bad tag") }
            return peeled.id
        }

        func shorten(_ name: Bytes) throws(CommandExit) -> Bytes {
            let isStrict = try repository.warnsOfAmbiguity()
            return try RefShorthand.shorten(name, strict: isStrict) { candidate throws(CommandExit) in
                try snapshot.exists(candidate)
            }
        }

        func uniqueDigits(of id: ObjectID, minimum: Int32?) throws(CommandExit) -> Int {
            try repository.uniqueDigits(id, minimum)
        }
    }
}
