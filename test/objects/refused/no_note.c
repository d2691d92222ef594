/* Refused: says nothing about itself. */
int server_main(const void *info);

int server_main(const void *info)
{
    (void)info;
    return 0;
}
