/// Writes references by a format, one after another. Git's function: `format_ref_array_item`.
struct FormatEvaluator<Context: FormatContext> {
    /// What is open: the whole, a condition with its branches, an alignment.
    private struct Block {
        enum Kind {
            case whole
            case condition(FormatAtom.Condition)
            /// The second branch; its condition is the block below.
            case otherwise
            case alignment(width: UInt32, FormatAtom.Position)
        }

        let kind: Kind
        var output: Bytes = []
        var thenSeen = false
        var elseSeen = false
        var holds = false
    }

    private let format: RefFormat
    private let quoting: LanguageQuoting?
    private let usesBlocks: Bool
    private var values: FormatValues<Context>
    private var blocks: [Block] = []
    private var scratch: Bytes = []

    init(_ format: RefFormat, quoting: LanguageQuoting?, context: Context) throws(CommandExit) {
        self.format = format
        self.quoting = quoting
        usesBlocks = format.usesBlocks
        let atoms = format.pieces.compactMap { if case .atom(let atom) = $0 { atom } else { nil } }
        values = try FormatValues(context, atoms: atoms)
    }

    /// Appends `reference`, without a line feed.
    ///
    /// - Throws: git's fatal message when an object is missing or blocks do not match; `output` may have been added to.
    mutating func append(_ reference: ListedRef, to output: inout Bytes) throws(CommandExit) {
        if usesBlocks { return try appendWithBlocks(reference, to: &output) }
        for piece in format.pieces {
            switch piece {
            case .text(let text): output.append(contentsOf: text)
            case .atom(let atom):
                if let quoting {
                    scratch.removeAll(keepingCapacity: true)
                    try values.append(atom, of: reference, to: &scratch)
                    quoting.append(scratch, to: &output)
                } else {
                    try values.append(atom, of: reference, to: &output)
                }
            }
        }
    }

    private mutating func appendWithBlocks(_ reference: ListedRef, to output: inout Bytes) throws(CommandExit) {
        blocks.removeAll(keepingCapacity: true)
        blocks.append(Block(kind: .whole))
        for piece in format.pieces {
            switch piece {
            case .text(let text): blocks[blocks.count - 1].output.append(contentsOf: text)
            case .atom(let atom) where atom.isBlock: try step(atom.field)
            case .atom(let atom):
                scratch.removeAll(keepingCapacity: true)
                try values.append(atom, of: reference, to: &scratch)
                // Inside blocks, what the outermost one yields is quoted as a whole.
                if let quoting, blocks.count == 1 {
                    quoting.append(scratch, to: &blocks[0].output)
                } else {
                    blocks[blocks.count - 1].output.append(contentsOf: scratch)
                }
            }
        }
        guard blocks.count == 1 else { throw .fatal("format: %(end) atom missing") }
        output.append(contentsOf: blocks[0].output)
    }

    // MARK: Blocks

    private mutating func step(_ field: FormatAtom.Field) throws(CommandExit) {
        switch field {
        case .if(let condition): blocks.append(Block(kind: .condition(condition)))
        case .align(let width, let position): blocks.append(Block(kind: .alignment(width: width, position)))
        case .then: try then()
        case .else: try otherwise()
        case .end: try end()
        default: break
        }
    }

    private mutating func then() throws(CommandExit) {
        let top = blocks.count - 1
        switch blocks[top].kind {
        case .otherwise: throw .fatal("format: %(then) atom used more than once")
        case .whole, .alignment: throw .fatal("format: %(then) atom used without a %(if) atom")
        case .condition(let condition):
            guard !blocks[top].thenSeen else { throw .fatal("format: %(then) atom used more than once") }
            let value = blocks[top].output
            switch condition {
            case .equals(let text): blocks[top].holds = value == text
            case .differs(let text): blocks[top].holds = value != text
            case .notEmpty: blocks[top].holds = value.contains { !$0.isGitSpace }
            }
            blocks[top].thenSeen = true
            blocks[top].output.removeAll(keepingCapacity: true)
        }
    }

    private mutating func otherwise() throws(CommandExit) {
        let top = blocks.count - 1
        switch blocks[top].kind {
        case .otherwise: throw .fatal("format: %(else) atom used more than once")
        case .whole, .alignment: throw .fatal("format: %(else) atom used without a %(if) atom")
        case .condition:
            guard blocks[top].thenSeen else { throw .fatal("format: %(else) atom used without a %(then) atom") }
            blocks[top].elseSeen = true
            blocks.append(Block(kind: .otherwise))
        }
    }

    private mutating func end() throws(CommandExit) {
        var block = blocks.removeLast()
        switch block.kind {
        case .whole: throw .fatal("format: %(end) atom used without corresponding atom")
        case .alignment(let width, let position):
            block.output = TextWidth.aligned(block.output, width: width, position)
        case .condition:
            guard block.thenSeen else { throw .fatal("format: %(if) atom used without a %(then) atom") }
            if !block.holds { block.output = [] }
        case .otherwise:
            let condition = blocks.removeLast()
            if condition.holds { block.output = condition.output }
        }
        let below = blocks.count - 1
        if let quoting, below == 0 {
            quoting.append(block.output, to: &blocks[0].output)
        } else {
            blocks[below].output.append(contentsOf: block.output)
        }
    }
}
