import StrataModel
import StrataObjects

/// A tree as people read it: a line for each entry. Git's function: `show_tree` of `ls-tree`.
struct TreeListing {
    /// `core.quotePath`: whether bytes beyond ASCII are quoted too.
    let quotesFully: Bool

    /// Appends a line for each entry of the tree whose contents are `bytes`.
    ///
    /// - Throws: `corrupt` when it cannot be parsed; what stands before has been appended.
    func append(_ bytes: Bytes, _ algorithm: HashAlgorithm, to output: OutputBuffer) throws(ObjectError) {
        var cursor = TreeCursor(bytes, algorithm: algorithm)
        while let entry = try cursor.next() {
            output.append { output in
                output.append(octal: entry.mode)
                output.append(0x20)
                output.append(kind: entry.mode.kind)
                output.append(0x20)
                entry.id.appendHex(to: &output)
                output.append(0x09)
                CQuoting.append(entry.name, fully: quotesFully, to: &output)
                output.append(0x0a)
            }
        }
    }
}
