/// Whether a file or directory of this name among loose references or reflogs is none of them: locks, and what begins with a dot. Git's function:
/// `loose_fill_ref_dir`.
package func isHiddenRefFile(_ component: some BidirectionalCollection<UInt8>) -> Bool {
    component.first == UInt8(ascii: ".") || isLockName(component)
}

/// Whether a file of this name is a lock.
package func isLockName(_ component: some BidirectionalCollection<UInt8>) -> Bool {
    component.suffix(5).elementsEqual(".lock".utf8)
}
